package wire_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/wire"
)

// controlMembers make the control total that the cases change.
var controlMembers = [][2]string{
	{"recibo_control_total", `1`},
	{"source", `"mobile-app"`},
	{"producer", `"app-1"`},
	{"from", `"2026-01-01T00:00:00.000Z"`},
	{"until", `"2026-01-01T00:01:00.000Z"`},
	{"count", `3`},
	{"amounts", `{"BRL":"451.25"}`},
	{"fingerprint_sum", `"` + sum64 + `"`},
}

const sum64 = "00000000000000000000000000000000000000000000000000000000000000ff"

func editControl(pairs ...string) string { return editMembers(controlMembers, pairs...) }

func baseControl(t testing.TB) payment.ControlTotal {
	t.Helper()
	amount, err := payment.ParseTotal("451.25", "BRL")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	return payment.ControlTotal{
		Window: payment.Window{Source: "mobile-app", Producer: "app-1", From: at, Until: at.Add(time.Minute)},
		Count:  3, Amounts: map[payment.Currency]payment.Total{"BRL": amount}, Prints: payment.PrintSum{31: 255},
	}
}

var acceptedControls = []struct {
	name, body string
	change     func(*payment.ControlTotal)
}{
	{"as it is", editControl(), func(*payment.ControlTotal) {}},
	{"no source", editControl("source", ""), func(c *payment.ControlTotal) { c.Source = "" }},
	{"white space and another order", " {\n\"count\" : 3 ," + editControl("count", "")[1:] + "\r\n", func(*payment.ControlTotal) {}},
	{"a key with an escape", editControl("recibo_control_total", "", `recibo_control_tot\u0061l`, "1"), func(*payment.ControlTotal) {}},
	{"texts with escapes", editControl("source", `"caf\u00e9"`, "amounts", `{"\u0042RL":"451\u002e25"}`),
		func(c *payment.ControlTotal) { c.Source = "café" }},
	{"offsets", editControl("from", `"2025-12-31T21:00:00-03:00"`, "until", `"2026-01-01T01:01:00+01:00"`), func(*payment.ControlTotal) {}},
	{"finer than milliseconds", editControl("from", `"2026-01-01T00:00:00.0009Z"`), func(*payment.ControlTotal) {}},
	{"nothing happened", editControl("count", "0", "amounts", "{ }", "fingerprint_sum", `"`+strings.Repeat("0", 64)+`"`),
		func(c *payment.ControlTotal) { c.Count, c.Amounts, c.Prints = 0, nil, payment.PrintSum{} }},
	{"the most payments", editControl("count", "1000000000000000"), func(c *payment.ControlTotal) { c.Count = 1e15 }},
	{"366 days", editControl("until", `"2027-01-02T00:00:00Z"`), func(c *payment.ControlTotal) { c.Until = c.From.AddDate(0, 0, 366) }},
	{"a millisecond", editControl("until", `"2026-01-01T00:00:00.001Z"`), func(c *payment.ControlTotal) { c.Until = c.From.Add(time.Millisecond) }},
	{"the sum of fingerprints happens to be zero", editControl("fingerprint_sum", `"`+strings.Repeat("0", 64)+`"`),
		func(c *payment.ControlTotal) { c.Prints = payment.PrintSum{} }},
	{"several currencies", editControl("amounts", `{"JPY":"1","BRL":"451.25","KWD":"0.001"}`), func(c *payment.ControlTotal) {
		c.Amounts["JPY"], c.Amounts["KWD"] = c.Amounts["JPY"].Add(one("JPY")), c.Amounts["KWD"].Add(one("KWD"))
	}},
	{"the largest sum", editControl("amounts", `{"BRL":"1701411834604692317316873037158841057.27"}`), func(c *payment.ControlTotal) {
		c.Amounts["BRL"], _ = payment.ParseTotal("1701411834604692317316873037158841057.27", "BRL")
	}},
}

func one(c payment.Currency) payment.Money { return payment.Money{Minor: 1, Currency: c} }

func TestControlAccepted(t *testing.T) {
	for _, c := range acceptedControls {
		t.Run(c.name, func(t *testing.T) {
			want := baseControl(t)
			c.change(&want)
			body := []byte(c.body)
			got, err := wire.Read(body, wire.Options{})
			if err != nil {
				t.Fatal(err)
			}
			for i := range body {
				body[i] = '#' // it shares no memory with the body
			}
			if diff := cmp.Diff(wire.Message{Control: &want}, got, totals); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func controlRefused(t *testing.T, body string) *wire.Error {
	t.Helper()
	m, err := wire.Read([]byte(body), wire.Options{Timezone: time.UTC})
	if diff := cmp.Diff(wire.Message{}, m); diff != "" {
		t.Errorf("a refused message says something:\n%s", diff)
	}
	refusal, ok := err.(*wire.Error)
	if !ok {
		t.Fatalf("Read returned %v, want a *wire.Error", err)
	}
	return refusal
}

func TestControlInvalid(t *testing.T) {
	for _, c := range invalidControls {
		t.Run(c.name, func(t *testing.T) {
			got := controlRefused(t, c.body)
			if got.Reason != wire.Invalid || got.Offset != -1 || !got.Control {
				t.Errorf("%+v, want invalid, -1 and a control total", got)
			}
			if got.Faults.Error() != c.faults {
				t.Errorf("faults %q, want %q", got.Faults.Error(), c.faults)
			}
			for _, f := range got.Faults {
				if f.Hint == "" {
					t.Errorf("%s has no hint", f.Field)
				}
			}
			if !strings.HasPrefix(got.Detail, "a control total: ") {
				t.Errorf("detail %q", got.Detail)
			}
		})
	}
}

func TestControlIsJudgedLast(t *testing.T) {
	body := editControl("count", "-1")
	for _, c := range []struct {
		name, body string
		reason     wire.Reason
	}{
		{"too large", body + strings.Repeat(" ", wire.DefaultMaxBytes), wire.TooLarge},
		{"cut short", body[:len(body)-1], wire.Malformed},
		{"a key twice", editControl("amounts", `{"BRL":"1.00","BRL":"1.00"}`), wire.Malformed},
		{"an amount twice", body[:len(body)-1] + `,"count":3}`, wire.Malformed},
		{"two names of one field", editControl("origem", `"a"`), wire.Malformed},
		{"the mark below is nobody's", `{"a":` + body + `}`, wire.Invalid},
	} {
		if got := controlRefused(t, c.body); got.Reason != c.reason || got.Control {
			t.Errorf("%s: %+v, want %s", c.name, got, c.reason)
		}
	}
}

// TestDecodeRefusesControlTotals: where only events are read, a control total
// is told as one, whether it is valid or not.
func TestDecodeRefusesControlTotals(t *testing.T) {
	for _, body := range []string{editControl(), editControl("count", "-1"), edit("recibo_control_total", "1"), edit("recibo_control_total", "null")} {
		got := refused(t, body, wire.Options{})
		checkRefusal(t, []byte(body), got)
		if got.Reason != wire.Invalid || !got.Control || got.Error() != "invalid: a control total, not an event" ||
			got.Faults.Error() != "recibo_control_total: unknown_field" {
			t.Errorf("%s: %v, %v", body, got, got.Faults)
		}
	}
}
