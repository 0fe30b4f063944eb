package payment_test

import (
	"strings"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"recibo/payment"
)

// unitLimit is 10^12 units in minor units of so many decimals.
func unitLimit(decimals int) int64 {
	limit := int64(1_000_000_000_000)
	for range decimals {
		limit *= 10
	}
	return limit
}

var currencies = rapid.SampledFrom([]payment.Currency{"BRL", "USD", "JPY", "KWD", "CLF"})

var amounts = rapid.Custom(func(t *rapid.T) payment.Money {
	c := currencies.Draw(t, "currency")
	decimals, _ := c.Decimals()
	return payment.Money{Minor: rapid.Int64Range(1, unitLimit(decimals)-1).Draw(t, "minor"), Currency: c}
})

var accounts = rapid.StringOfN(rapid.Rune().Filter(unicode.IsPrint), 1, 64, -1).
	Filter(func(s string) bool { return strings.Trim(s, " ") != "" })

var times = rapid.Map(rapid.Int64Range(
	time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli(),
	time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()-1,
), func(ms int64) time.Time { return time.UnixMilli(ms).UTC() })

// events draws valid, normalised events.
var events = rapid.Custom(func(t *rapid.T) payment.Event {
	return payment.Event{
		TransactionID: rapid.StringMatching(`[!-~]{1,64}`).Draw(t, "id"),
		Amount:        amounts.Draw(t, "amount"),
		PayerAccount:  accounts.Draw(t, "payer"),
		PayeeAccount:  accounts.Draw(t, "payee"),
		OccurredAt:    times.Draw(t, "time"),
		Method:        rapid.StringMatching(`[a-z0-9_-]{1,32}`).Draw(t, "method"),
		Source:        rapid.OneOf(rapid.Just(""), accounts).Draw(t, "source"),
	}
})
