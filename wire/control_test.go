package wire_test

import (
	"testing"
	"time"

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
