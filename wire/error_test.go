package wire_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/wire"
)

// checkRefusal checks what every error of Decode promises.
func checkRefusal(t testing.TB, body []byte, err error) {
	t.Helper()
	e, ok := errors.AsType[*wire.Error](err)
	if !ok {
		t.Fatalf("Decode(%.200q) returned %T", body, err)
	}
	if !utf8.ValidString(e.Detail) || e.Detail == "" || len(e.Detail) > 200 {
		t.Errorf("detail %q", e.Detail)
	}
	switch e.Reason {
	case wire.TooLarge, wire.Malformed:
		if e.Faults != nil || e.TransactionID != "" || e.Amount != nil || e.Source != "" || !e.OccurredAt.IsZero() {
			t.Errorf("%s, but parts of it were read: %+v", e.Reason, e)
		}
	case wire.Invalid:
		checkFaults(t, e)
	default:
		t.Errorf("reason %q", e.Reason)
	}
	if within := 0 <= e.Offset && e.Offset <= len(body); within != (e.Reason == wire.Malformed) || (!within && e.Offset != -1) {
		t.Errorf("%s of %d bytes at byte %d", e.Reason, len(body), e.Offset)
	}
}

var order = []string{"recibo_control_total", "transaction_id", "amount", "currency", "payer_account", "payee_account", "occurred_at", "method", "source"}

func checkFaults(t testing.TB, e *wire.Error) {
	t.Helper()
	last := -1
	for _, f := range e.Faults {
		rank := slices.Index(order, f.Field)
		if rank <= last {
			t.Errorf("faults out of order or twice: %v", e.Faults)
		}
		last = rank
		if f.Code == "" || f.Hint == "" || len(f.Value) > 256 || !utf8.ValidString(f.Value) {
			t.Errorf("fault %+v", f)
		}
	}
	if last < 0 {
		t.Error("invalid without a fault")
	}
	if e.Control {
		if e.TransactionID != "" || e.Amount != nil || e.Source != "" || !e.OccurredAt.IsZero() {
			t.Errorf("a control total, but parts of an event were read: %+v", e)
		}
		return
	}
	if (e.TransactionID == "") != e.Faults.Has("transaction_id") {
		t.Errorf("transaction id %q beside %v", e.TransactionID, e.Faults)
	}
	if e.OccurredAt.IsZero() != e.Faults.Has("occurred_at") {
		t.Errorf("time %v beside %v", e.OccurredAt, e.Faults)
	}
	if e.Source != "" && e.Faults.Has("source") {
		t.Errorf("source %q beside %v", e.Source, e.Faults)
	}
	if (e.Amount == nil) != (e.Faults.Has("amount") || e.Faults.Has("currency")) {
		t.Errorf("amount %v beside %v", e.Amount, e.Faults)
	}
}

func TestInvalidTellsWhatCouldBeRead(t *testing.T) {
	const id = "E6070119020261123141503aB9xQ2Lk7"
	whole := wire.Error{TransactionID: id, Amount: &payment.Money{Minor: 15075, Currency: "BRL"},
		Source: "mobile-app", OccurredAt: baseEvent().OccurredAt}
	for _, c := range []struct {
		name, body, detail string
		but                func(*wire.Error)
	}{
		{"another field", edit("method", `"PIX"`), "1 field is invalid: method", func(*wire.Error) {}},
		{"the id", edit("transaction_id", `"a b"`), "1 field is invalid: transaction_id", func(e *wire.Error) { e.TransactionID = "" }},
		{"the amount", edit("amount", `"-1"`), "1 field is invalid: amount", func(e *wire.Error) { e.Amount = nil }},
		{"the currency", edit("currency", `"XAU"`), "1 field is invalid: currency", func(e *wire.Error) { e.Amount = nil }},
		{"the time", edit("occurred_at", `"now"`), "1 field is invalid: occurred_at", func(e *wire.Error) { e.OccurredAt = time.Time{} }},
		{"a year too early", edit("occurred_at", `"1999-12-31T23:59:59Z"`), "1 field is invalid: occurred_at",
			func(e *wire.Error) { e.OccurredAt = time.Time{} }},
		{"the source", edit("source", `" "`), "1 field is invalid: source", func(e *wire.Error) { e.Source = "" }},
		{"a source of another type", edit("source", `7`), "1 field is invalid: source", func(e *wire.Error) { e.Source = "" }},
		{"no source", edit("source", "", "method", `""`), "1 field is invalid: method", func(e *wire.Error) { e.Source = "" }},
		{"no currency", edit("currency", "", "source", `""`), "1 field is invalid: source", func(e *wire.Error) { e.Source = "" }},
		{"three", edit("amount", `"1,5"`, "currency", `"brl"`, "occurred_at", `"now"`),
			"3 fields are invalid: amount, currency, occurred_at", func(e *wire.Error) { e.Amount, e.OccurredAt = nil, time.Time{} }},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := refused(t, c.body, wire.Options{})
			want := whole
			want.Reason, want.Detail, want.Offset, want.Faults = wire.Invalid, c.detail, -1, got.Faults
			c.but(&want)
			if diff := cmp.Diff(&want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
			if got.Error() != "invalid: "+c.detail {
				t.Errorf("error text %q", got.Error())
			}
		})
	}
}

func TestFaultsHoldWhatArrived(t *testing.T) {
	for _, c := range []struct {
		name, body string
		want       payment.Fault
	}{
		{"text", edit("amount", `"150,75"`), payment.Fault{Field: "amount", Code: "comma", Value: "150,75", Hint: "use a point: 150.75"}},
		{"unescaped text", edit("method", `"P\u0049X"`), payment.Fault{Field: "method", Code: "bad_character", Value: "PIX",
			Hint: "use 1 to 32 of a-z, 0-9, _ and -, for example pix"}},
		{"number", edit("amount", `1E3`), payment.Fault{Field: "amount", Code: "exponent", Value: "1E3", Hint: "write all the digits: 150.75"}},
		{"wrong type", edit("source", `{"app": [1]}`), payment.Fault{Field: "source", Code: "wrong_type", Value: `{"app": [1]}`, Hint: "write a text in quotes"}},
		{"missing", edit("amount", ""), payment.Fault{Field: "amount", Code: "missing", Hint: "add the field: an event is nothing without it"}},
		{"null", edit("amount", "null"), payment.Fault{Field: "amount", Code: "null", Hint: "give a value"}},
		{"optional null", edit("method", "null"), payment.Fault{Field: "method", Code: "null", Hint: "leave the field out, or give a value"}},
		{"long text is cut between characters", edit("payer_account", `"`+strings.Repeat("é", 3000)+`"`),
			payment.Fault{Field: "payer_account", Code: "too_long", Value: strings.Repeat("é", 126) + "…", Hint: "use at most 64 characters"}},
		{"long value of a wrong type is cut", edit("method", `["`+strings.Repeat("é", 3000)+`"]`),
			payment.Fault{Field: "method", Code: "wrong_type", Value: `["` + strings.Repeat("é", 125) + "…", Hint: "write a text in quotes"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if diff := cmp.Diff(payment.Faults{c.want}, refused(t, c.body, wire.Options{}).Faults); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestDetailHoldsNoValues: details are logged, and values are personal data.
func TestDetailHoldsNoValues(t *testing.T) {
	const secret = "S3CR3T"
	for _, name := range order[1:] {
		for _, raw := range []string{`"` + secret + ` \u0001"`, `["` + secret + `"]`, `"` + secret} {
			got := refused(t, edit(name, raw), wire.Options{})
			if strings.Contains(got.Error(), secret) || strings.Contains(got.Faults.Error(), secret) {
				t.Errorf("%s: %s", name, got)
			}
		}
	}
}
