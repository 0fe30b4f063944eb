package wire_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/payment"
	"recibo/wire"
)

func TestEncode(t *testing.T) {
	const start = `{"transaction_id":"E6070119020261123141503aB9xQ2Lk7","amount":"150.75","currency":"BRL",` +
		`"payer_account":"BR1800360305000010009795493C1","payee_account":"BR9700360305000010009795493P1",` +
		`"occurred_at":"2026-11-23T17:15:03.123Z","method":"pix"`
	for _, c := range []struct {
		name, want string
		change     change
	}{
		{"all fields", start + `,"source":"mobile-app"}`, func(*payment.Event) {}},
		{"no source", start + "}", func(e *payment.Event) { e.Source = "" }},
		{"extra fields last", start + `,"source":"mobile-app","z":1,"a":[ ]}`, extra(`{"z":1,"a":[ ]}`)},
		{"an empty extra", start + `,"source":"mobile-app"}`, extra(`{}`)},
		{"quotes and letters", start + `,"source":"a\"b\\c/é😀<&>"}`, func(e *payment.Event) { e.Source = `a"b\c/é😀<&>` }},
		{"what no valid event has", start + `,"source":"\u0000\u001f` + "\uFFFD" + `"}`, func(e *payment.Event) { e.Source = "\x00\x1f\xff" }},
	} {
		t.Run(c.name, func(t *testing.T) {
			e := baseEvent()
			c.change(&e)
			if diff := cmp.Diff(c.want, string(wire.Encode(&e))); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
	e := baseEvent()
	if got := string(wire.AppendEncode([]byte("x"), &e)); got != "x"+start+`,"source":"mobile-app"}` {
		t.Errorf("AppendEncode does not append: %s", got)
	}
}

// checkRoundTrip demands that an event comes back the same from its message,
// and that the message is then final.
func checkRoundTrip(t interface {
	Helper()
	Fatalf(string, ...any)
}, e *payment.Event) {
	t.Helper()
	body := wire.Encode(e)
	back, err := wire.Decode(body, wire.Options{MaxBytes: 1 << 20})
	if err != nil {
		t.Fatalf("%s\ncomes back as: %v", body, err)
	}
	if diff := cmp.Diff(*e, back); diff != "" {
		t.Fatalf("%s\n-sent +back:\n%s", body, diff)
	}
	if payment.FingerprintOf(e) != payment.FingerprintOf(&back) {
		t.Fatalf("%s\ncomes back with another fingerprint", body)
	}
	if again := wire.Encode(&back); string(again) != string(body) {
		t.Fatalf("%s\nis encoded again as\n%s", body, again)
	}
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := events.Draw(t, "event")
		if fs := payment.Validate(&e); fs != nil {
			t.Fatalf("the generator made %+v: %v", e, fs)
		}
		checkRoundTrip(t, &e)
	})
}
