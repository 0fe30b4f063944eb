package payment_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"recibo/payment"
)

func validEvent() payment.Event {
	return payment.Event{
		TransactionID: "E607", Amount: payment.Money{Minor: 15075, Currency: "BRL"},
		PayerAccount: "C1", PayeeAccount: "P1", OccurredAt: time.Date(2026, 11, 23, 17, 15, 3, 123e6, time.UTC),
		Method: "pix", Source: "app",
	}
}

type change = func(e *payment.Event)

var (
	id     = func(s string) change { return func(e *payment.Event) { e.TransactionID = s } }
	payer  = func(s string) change { return func(e *payment.Event) { e.PayerAccount = s } }
	payee  = func(s string) change { return func(e *payment.Event) { e.PayeeAccount = s } }
	method = func(s string) change { return func(e *payment.Event) { e.Method = s } }
	source = func(s string) change { return func(e *payment.Event) { e.Source = s } }
	when   = func(t time.Time) change { return func(e *payment.Event) { e.OccurredAt = t } }
	money  = func(minor int64, c payment.Currency) change {
		return func(e *payment.Event) { e.Amount = payment.Money{Minor: minor, Currency: c} }
	}
)

var (
	x64 = strings.Repeat("x", 64)
	e64 = strings.Repeat("é", 64)
)

var validity = []struct {
	name   string
	change change
	faults string
}{
	{"valid", func(*payment.Event) {}, ""},
	{"nothing", func(e *payment.Event) { *e = payment.Event{} },
		"transaction_id: empty; currency: empty; payer_account: empty; payee_account: empty; occurred_at: out_of_range; method: empty"},
	{"id of one", id("~"), ""},
	{"id of 64", id(x64), ""},
	{"id of 65", id(x64 + "x"), "transaction_id: too_long"},
	{"id with a space", id("a b"), "transaction_id: not_visible_ascii"},
	{"id with DEL", id("a\x7f"), "transaction_id: not_visible_ascii"},
	{"id beyond ASCII", id("ação"), "transaction_id: not_visible_ascii"},
	{"id of 64 letters in 128 bytes", id(e64), "transaction_id: not_visible_ascii"},
	{"id of bytes", id("\xff"), "transaction_id: not_visible_ascii"},
	{"no amount", money(0, "BRL"), "amount: zero"},
	{"amount below zero", money(-1, "BRL"), "amount: sign"},
	{"least amount", money(math.MinInt64, "BRL"), "amount: sign"},
	{"most of BRL", money(99999999999999, "BRL"), ""},
	{"too much of BRL", money(100000000000000, "BRL"), "amount: out_of_range"},
	{"most of JPY", money(999999999999, "JPY"), ""},
	{"too much of JPY", money(1000000000000, "JPY"), "amount: out_of_range"},
	{"most of KWD", money(999999999999999, "KWD"), ""},
	{"too much of KWD", money(1000000000000000, "KWD"), "amount: out_of_range"},
	{"most of CLF", money(9999999999999999, "CLF"), ""},
	{"too much of CLF", money(10000000000000000, "CLF"), "amount: out_of_range"},
	{"no currency", money(1, ""), "currency: empty"},
	{"gold", money(1, "XAU"), "currency: unknown_currency"},
	{"currency in lower case", money(1, "brl"), "currency: unknown_currency"},
	{"no payer", payer(""), "payer_account: empty"},
	{"payer of 64 wide letters", payer(e64), ""},
	{"payer of 65 wide letters", payer(e64 + "é"), "payer_account: too_long"},
	{"payer of spaces", payer("   "), "payer_account: blank"},
	{"payer with spaces", payer(" a b "), ""},
	{"payer with a line feed", payer("a\n"), "payer_account: not_printable"},
	{"payer with NUL", payer("a\x00"), "payer_account: not_printable"},
	{"payer with bytes", payer("a\xff"), "payer_account: not_printable"},
	{"payer with a lead byte of U+FFFD", payer("\xefa"), "payer_account: not_printable"},
	{"payer with a start of U+FFFD", payer("a\xef\xbf"), "payer_account: not_printable"},
	{"payer with U+FFFD", payer("\uFFFD"), ""},
	{"no payee", payee(""), "payee_account: empty"},
	{"payee of 65", payee(x64 + "x"), "payee_account: too_long"},
	{"payee with a zero-width space", payee("a\u200b"), "payee_account: not_printable"},
	{"payee with a no-break space", payee("a\u00a0b"), "payee_account: not_printable"},
	{"payee with a private character", payee("\ue000"), "payee_account: not_printable"},
	{"payee equals payer", payee("C1"), ""},
	{"no time", when(time.Time{}), "occurred_at: out_of_range"},
	{"time with microseconds", when(time.Date(2026, 1, 1, 0, 0, 0, 1000, time.UTC)), "occurred_at: out_of_range"},
	{"time of another zone", when(time.Date(2026, 1, 1, 0, 0, 0, 0, time.FixedZone("", 3600))), "occurred_at: out_of_range"},
	{"1999", when(time.Date(1999, 12, 31, 23, 59, 59, 999e6, time.UTC)), "occurred_at: out_of_range"},
	{"2000", when(time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)), ""},
	{"2099", when(time.Date(2099, 12, 31, 23, 59, 59, 999e6, time.UTC)), ""},
	{"2100", when(time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)), "occurred_at: out_of_range"},
	{"no method", method(""), "method: empty"},
	{"method of 32", method(x64[:32]), ""},
	{"method of 33", method(x64[:33]), "method: too_long"},
	{"method of all signs", method("az09_-"), ""},
	{"method in upper case", method("Pix"), "method: bad_character"},
	{"method with a space", method("credit card"), "method: bad_character"},
	{"method with an accent", method("cartão"), "method: bad_character"},
	{"no source", source(""), ""},
	{"source of 64", source(e64), ""},
	{"source of 65", source(e64 + "é"), "source: too_long"},
	{"source of a space", source(" "), "source: blank"},
	{"source with a tab", source("a\tb"), "source: not_printable"},
	{"all at once", func(e *payment.Event) {
		*e = payment.Event{TransactionID: " ", Amount: payment.Money{Minor: -1, Currency: "BRL"}, PayerAccount: " ", PayeeAccount: "\t",
			OccurredAt: time.Unix(0, 0).UTC(), Method: "PIX", Source: " "}
	}, "transaction_id: not_visible_ascii; amount: sign; payer_account: blank; payee_account: not_printable; " +
		"occurred_at: out_of_range; method: bad_character; source: blank"},
}

func TestValidate(t *testing.T) {
	for _, c := range validity {
		t.Run(c.name, func(t *testing.T) {
			e := validEvent()
			c.change(&e)
			got := payment.Validate(&e)
			if got.Error() != c.faults || (got == nil) != (c.faults == "") {
				t.Errorf("faults %q, want %q", got.Error(), c.faults)
			}
			for _, f := range got {
				if f.Hint == "" || !got.Has(f.Field) || got.Has("hint") {
					t.Errorf("fault %+v", f)
				}
			}
		})
	}
}

func TestCurrencyHints(t *testing.T) {
	for c, want := range map[payment.Currency]string{
		"brl": "write it in upper case: BRL", "Usd": "write it in upper case: USD",
		"xau": "use an ISO 4217 code such as BRL", "R$": "use an ISO 4217 code such as BRL",
	} {
		e := validEvent()
		e.Amount.Currency = c
		if got := payment.Validate(&e); len(got) != 1 || got[0].Hint != want || got[0].Value != string(c) {
			t.Errorf("%s: %+v", c, got)
		}
	}
}

func TestValidateAcceptsWhatParsingMakes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events.Draw(t, "event")
		if fs := payment.Validate(&e); fs != nil {
			t.Errorf("%v", fs)
		}
	})
}
