package wire_test

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"recibo/payment"
)

var printable = rapid.OneOf(
	rapid.RuneFrom([]rune(`aZ09 "\/{}[]:,'<&éç漢😀`)),
	rapid.Rune().Filter(unicode.IsPrint))

// printables draws 1 to 64 printable characters that are not all spaces.
func printables() *rapid.Generator[string] {
	return rapid.StringOfN(printable, 1, 64, -1).
		Filter(func(s string) bool { return strings.Trim(s, " ") != "" })
}

// amounts draws money of currencies of each number of decimals.
var amounts = rapid.Custom(func(t *rapid.T) payment.Money {
	c := rapid.SampledFrom([]payment.Currency{"BRL", "USD", "JPY", "KWD", "CLF"}).Draw(t, "currency")
	decimals, _ := c.Decimals()
	most := int64(math.Pow10(12+decimals)) - 1
	return payment.Money{Minor: rapid.Int64Range(1, most).Draw(t, "minor"), Currency: c}
})

// events draws valid, normalised events.
var events = rapid.Custom(func(t *rapid.T) payment.Event {
	first := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	last := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() - 1
	return payment.Event{
		TransactionID: rapid.StringOfN(rapid.RuneFrom(nil, &unicode.RangeTable{
			R16: []unicode.Range16{{Lo: '!', Hi: '~', Stride: 1}}, LatinOffset: 1}), 1, 64, -1).Draw(t, "id"),
		Amount:       amounts.Draw(t, "amount"),
		PayerAccount: printables().Draw(t, "payer"),
		PayeeAccount: printables().Draw(t, "payee"),
		OccurredAt:   time.UnixMilli(rapid.Int64Range(first, last).Draw(t, "time")).UTC(),
		Method:       rapid.StringMatching(`[a-z0-9_-]{1,32}`).Draw(t, "method"),
		Source:       rapid.OneOf(rapid.Just(""), printables()).Draw(t, "source"),
		Extra:        extras.Draw(t, "extra"),
	}
})

// extras draws nil or an object of unknown fields, with values of every kind
// and texts of any characters but NUL.
var extras = rapid.Custom(func(t *rapid.T) []byte {
	object := map[string]any{}
	for i := range rapid.IntRange(0, 30).Draw(t, "members") {
		object["x"+strconv.Itoa(i)+withoutNUL.Draw(t, "key")] = anything(t, 0)
	}
	if len(object) == 0 {
		return nil
	}
	b, err := json.Marshal(object)
	if err != nil {
		panic(err) // maps of texts, numbers and the like always marshal
	}
	return b
})

var withoutNUL = rapid.Map(rapid.String(), func(s string) string {
	return strings.ReplaceAll(strings.ToValidUTF8(s, "?"), "\x00", "0")
})

func anything(t *rapid.T, level int) any {
	kinds := 5
	if level < 3 {
		kinds = 7
	}
	switch rapid.IntRange(1, kinds).Draw(t, "kind") {
	case 1:
		return nil
	case 2:
		return rapid.Bool().Draw(t, "bool")
	case 3:
		return rapid.Int64().Draw(t, "integer")
	case 4:
		return rapid.Float64Range(-1e300, 1e300).Draw(t, "float")
	case 5:
		return withoutNUL.Draw(t, "text")
	case 6:
		return []any{anything(t, level+1), anything(t, level+1)}
	}
	return map[string]any{withoutNUL.Draw(t, "key"): anything(t, level+1), "": nil}
}
