package wire_test

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/payment"
	"recibo/wire"
)

// totals compares sums, whose fields are not exported, by their values.
var totals = cmp.Comparer(func(a, b payment.Total) bool { return a == b })

// controls draws valid control totals.
var controls = rapid.Custom(func(t *rapid.T) payment.ControlTotal {
	first := time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli()
	last := time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC).UnixMilli() - 1
	from := rapid.Int64Range(first, last-1).Draw(t, "from")
	until := rapid.Int64Range(from+1, min(last, from+payment.MaxWindow.Milliseconds())).Draw(t, "until")
	c := payment.ControlTotal{Window: payment.Window{
		Source:   rapid.OneOf(rapid.Just(""), printables()).Draw(t, "source"),
		Producer: printables().Draw(t, "producer"),
		From:     time.UnixMilli(from).UTC(), Until: time.UnixMilli(until).UTC(),
	}}
	for range rapid.IntRange(0, 20).Draw(t, "payments") {
		print := rapid.SliceOfN(rapid.Byte(), 32, 32).Draw(t, "fingerprint")
		c.Add(amounts.Draw(t, "amount"), payment.Fingerprint(print))
	}
	return c
})

func checkControlRoundTrip(t interface {
	Helper()
	Fatalf(string, ...any)
}, c *payment.ControlTotal) {
	t.Helper()
	body := wire.EncodeControl(c)
	back, err := wire.Read(body, wire.Options{})
	if err != nil {
		t.Fatalf("%s\ncomes back as: %v", body, err)
	}
	if diff := cmp.Diff(wire.Message{Control: c}, back, totals); diff != "" {
		t.Fatalf("%s\n-sent +back:\n%s", body, diff)
	}
	if again := wire.EncodeControl(back.Control); string(again) != string(body) {
		t.Fatalf("%s\nis encoded again as\n%s", body, again)
	}
}

func TestControlRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := controls.Draw(t, "control total")
		if fs := payment.ValidateControl(&c); fs != nil {
			t.Fatalf("the generator made %+v: %v", c, fs)
		}
		checkControlRoundTrip(t, &c)
	})
}

// checkControlRefusal checks what the error of a control total promises.
func checkControlRefusal(t testing.TB, e *wire.Error) {
	t.Helper()
	if !utf8.ValidString(e.Detail) || e.Detail == "" || len(e.Detail) > 220 {
		t.Errorf("detail %q", e.Detail)
	}
	if e.TransactionID != "" || e.Amount != nil || e.Source != "" || !e.OccurredAt.IsZero() {
		t.Errorf("parts of an event were read: %+v", e)
	}
	if len(e.Faults) == 0 || len(e.Faults) > 16 {
		t.Errorf("%d faults", len(e.Faults))
	}
	for _, f := range e.Faults {
		if f.Field == "" || len(f.Field) > 64 || f.Code == "" || f.Hint == "" || len(f.Value) > 256 || !utf8.ValidString(f.Value) {
			t.Errorf("fault %+v", f)
		}
	}
}

func TestControlFaultsAreBounded(t *testing.T) {
	for name, body := range map[string]string{
		"fields":            editControl()[:len(editControl())-1] + "," + manyKeys(4000) + "}",
		"fields and amount": editControl("amounts", `{"BRL":1}`)[:len(editControl())-8] + "," + manyKeys(4000) + "}",
		"amounts":           editControl("amounts", "{"+manyKeys(4000)+"}"),
		"long amount":       editControl("amounts", `{"BRL":"`+strings.Repeat("漢", 10_000)+`"}`),
		"long currency":     editControl("amounts", `{"`+strings.Repeat("漢", 10_000)+`":"1.00"}`),
		"long name":         editControl(strings.Repeat("漢", 10_000), "1"),
		"long type":         editControl("amounts", `["`+strings.Repeat("漢", 10_000)+`"]`),
		"long version":      editControl("recibo_control_total", strings.Repeat("1", 10_000)),
		"long count":        editControl("count", strings.Repeat("1", 10_000)),
		"long sum":          editControl("fingerprint_sum", `"`+strings.Repeat("1", 10_000)+`"`),
	} {
		t.Run(name, func(t *testing.T) { checkControlRefusal(t, controlRefused(t, body)) })
	}
	got := controlRefused(t, editControl("amounts", "{"+manyKeys(17)+"}"))
	if len(got.Faults) != 16 || got.Faults[15].Field != "amounts.k15" {
		t.Errorf("%d faults, the last of %s", len(got.Faults), got.Faults[len(got.Faults)-1].Field)
	}
}

// TestControlFaultsHoldWhatArrived looks at what the tables of fates leave out.
func TestControlFaultsHoldWhatArrived(t *testing.T) {
	for _, c := range []struct {
		body string
		want payment.Fault
	}{
		{editControl("amounts", `{"BRL":451.2}`), payment.Fault{Field: "amounts.BRL", Code: "wrong_type", Value: "451.2", Hint: `write the sum as a text: "150.75"`}},
		{editControl("amounts", `{"BRL":"451.2"}`), payment.Fault{Field: "amounts.BRL", Code: "too_few_decimals", Value: "451.2", Hint: "write all 2 decimals of BRL"}},
		{editControl("count", `3.5`), payment.Fault{Field: "count", Code: "too_many_decimals", Value: "3.5", Hint: "a count has no decimals: 1500"}},
		{editControl("until", `"2026-01-01T00:00:00Z"`), payment.Fault{Field: "until", Code: "out_of_range", Value: "2026-01-01T00:00:00.000Z", Hint: "a window ends after it begins"}},
		{editControl("Summe der Beträge", `3`), payment.Fault{Field: "unknown", Code: "unknown_field", Value: "Summe der Beträge", Hint: "leave it out: a control total has no other fields"}},
		{editControl("source", `["a"]`), payment.Fault{Field: "source", Code: "wrong_type", Value: `["a"]`, Hint: "write a text in quotes"}},
		{editControl("recibo_control_total", "2"), payment.Fault{Field: "recibo_control_total", Code: "unknown_version", Value: "2", Hint: "write the number 1"}},
	} {
		if diff := cmp.Diff(payment.Faults{c.want}, controlRefused(t, c.body).Faults); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	}
}

// TestControlDetailHoldsNoValues: details are logged, also with the names that
// a sender made up.
func TestControlDetailHoldsNoValues(t *testing.T) {
	const secret = "S3CR3T 0036-5"
	for _, body := range []string{
		editControl("source", `"`+secret+`\u0001"`), editControl("producer", `["`+secret+`"]`), editControl("from", `"`+secret+`"`),
		editControl("amounts", `{"`+secret+`":"1.00"}`), editControl("amounts", `{"BRL":"`+secret+`"}`),
		editControl("fingerprint_sum", `"`+secret+`"`), editControl(secret, "1"), editControl("x", `"`+secret+`"`),
	} {
		got := controlRefused(t, body)
		if strings.Contains(got.Error(), secret) || strings.Contains(got.Faults.Error(), secret) {
			t.Errorf("%s", got)
		}
	}
}
