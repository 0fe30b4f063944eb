package storetest

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"pgregory.net/rapid"

	"recibo/payment"
)

// currencies are at least one of each number of decimals.
var currencies = []payment.Currency{"BRL", "USD", "JPY", "CLP", "KWD", "TND", "CLF", "UYW"}

// Events generates valid events over everything that the rules allow: ids of
// any visible ASCII, accounts of any printable characters, all numbers of
// decimals, times to the millisecond, extra fields. The suffix ends every id.
func Events(suffix string) *rapid.Generator[payment.Event] {
	return rapid.Custom(func(t *rapid.T) payment.Event {
		e := payment.Event{
			TransactionID: rapid.StringMatching(`[!-~]{0,40}`).Draw(t, "id") + suffix,
			Amount:        money(t),
			PayerAccount:  account(t, "payer"),
			PayeeAccount:  account(t, "payee"),
			OccurredAt:    moment(t),
			Method:        rapid.StringMatching(`[a-z0-9_-]{1,32}`).Draw(t, "method"),
		}
		if rapid.Bool().Draw(t, "with source") {
			e.Source = account(t, "source")
		}
		if rapid.Bool().Draw(t, "with extra") {
			e.Extra = extra(t)
		}
		return e
	}).Filter(func(e payment.Event) bool { return payment.Validate(&e) == nil })
}

func money(t *rapid.T) payment.Money {
	c := rapid.SampledFrom(currencies).Draw(t, "currency")
	decimals, _ := c.Decimals()
	most := int64(1e12)
	for range decimals {
		most *= 10
	}
	minor := rapid.OneOf(rapid.Int64Range(1, 20_000), rapid.Int64Range(1, most-1), rapid.Just(most-1)).Draw(t, "minor")
	return payment.Money{Minor: minor, Currency: c}
}

func moment(t *rapid.T) time.Time {
	first := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	last := time.Date(2099, 12, 31, 23, 59, 59, 999e6, time.UTC).UnixMilli()
	return time.UnixMilli(rapid.Int64Range(first, last).Draw(t, "milliseconds")).UTC()
}

// account is 1 to 64 printable characters: quotes, percent signs, letters of
// other scripts and characters outside of the basic plane among them.
func account(t *rapid.T, label string) string {
	printable := rapid.Rune().Filter(unicode.IsPrint)
	nasty := rapid.RuneFrom([]rune(`'"\%_;-/ éßÇİ漢字🙂`))
	s := rapid.StringOfN(rapid.OneOf(nasty, printable), 1, 64, -1).Draw(t, label)
	if strings.TrimSpace(s) == "" || !utf8.ValidString(s) {
		return "x" + s[1:]
	}
	return s
}

func extra(t *rapid.T) []byte {
	fields := map[string]any{
		"note":   account(t, "note"),
		"number": json.Number(rapid.StringMatching(`-?[1-9][0-9]{0,30}`).Draw(t, "number")),
		"list":   rapid.SliceOfN(rapid.Int32(), 0, 4).Draw(t, "list"),
		"inner":  map[string]any{"none": nil, "yes": rapid.Bool().Draw(t, "yes")},
	}
	b, err := json.MarshalIndent(fields, "", " ")
	if err != nil {
		panic(fmt.Sprintf("extra: %v", err))
	}
	return b
}
