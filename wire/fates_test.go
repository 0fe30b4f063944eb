package wire_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/wire"
)

// The tables of fates, one for each fate, say what the wire format promises to
// those who send. They were written from its description, not from the code.

// baseEvent is what the unchanged message says.
func baseEvent() payment.Event {
	return payment.Event{
		TransactionID: "E6070119020261123141503aB9xQ2Lk7",
		Amount:        payment.Money{Minor: 15075, Currency: "BRL"},
		PayerAccount:  "BR1800360305000010009795493C1",
		PayeeAccount:  "BR9700360305000010009795493P1",
		OccurredAt:    time.Date(2026, 11, 23, 17, 15, 3, 123e6, time.UTC),
		Method:        "pix",
		Source:        "mobile-app",
	}
}

// caret marks the byte at which a malformed message of the table breaks. It is
// taken out before the message is decoded.
const caret = "‸"

func refused(t *testing.T, body string, o wire.Options) *wire.Error {
	t.Helper()
	e, err := wire.Decode([]byte(body), o)
	refusal, ok := errors.AsType[*wire.Error](err)
	if !ok {
		t.Fatalf("Decode returned %v, want a *wire.Error", err)
	}
	if diff := cmp.Diff(payment.Event{}, e); diff != "" {
		t.Errorf("a refused message made an event:\n%s", diff)
	}
	return refusal
}

func TestMalformed(t *testing.T) {
	for _, c := range malformed {
		t.Run(c.name, func(t *testing.T) {
			if strings.Count(c.body, caret) != 1 {
				t.Fatal("the case marks no byte")
			}
			want := &wire.Error{Reason: wire.Malformed, Offset: strings.Index(c.body, caret)}
			want.Detail = fmt.Sprintf("byte %d: %s", want.Offset, c.problem)
			got := refused(t, strings.Replace(c.body, caret, "", 1), wire.Options{})
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

func TestInvalid(t *testing.T) {
	for _, c := range invalid {
		t.Run(c.name, func(t *testing.T) {
			got := refused(t, c.body, wire.Options{})
			if got.Reason != wire.Invalid || got.Offset != -1 {
				t.Errorf("reason %s, offset %d, want invalid and -1", got.Reason, got.Offset)
			}
			if got.Faults.Error() != c.faults {
				t.Errorf("faults %q, want %q", got.Faults.Error(), c.faults)
			}
			for _, f := range got.Faults {
				if f.Hint == "" {
					t.Errorf("%s has no hint", f.Field)
				}
			}
		})
	}
}

func TestAccepted(t *testing.T) {
	for _, c := range acceptedMessages {
		t.Run(c.name, func(t *testing.T) {
			want := baseEvent()
			if c.change != nil {
				c.change(&want)
			}
			if diff := cmp.Diff(want, accepted(t, c.body)); diff != "" {
				t.Errorf("-want +got:\n%s", diff)
			}
		})
	}
}

// TestTableIsWide keeps the promise that the table holds 150 messages or more,
// each once.
func TestTableIsWide(t *testing.T) {
	bodies := map[string]string{}
	add := func(name, body string) {
		if other, ok := bodies[body]; ok {
			t.Errorf("%q and %q are the same message", name, other)
		}
		bodies[body] = name
	}
	for _, c := range malformed {
		add(c.name, c.body)
	}
	for _, c := range invalid {
		add(c.name, c.body)
	}
	for _, c := range acceptedMessages {
		add(c.name, c.body)
	}
	if len(bodies) < 150 {
		t.Errorf("%d messages, want 150 or more", len(bodies))
	}
}
