package redrive_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/redrive"
	"recibo/wire"
)

// TestLook holds the prediction against what a recorder then does.
func TestLook(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.publish(event("there", "5.00"), event("other", "5.00"))
		h.record()
		h.hold(event("new", "1,00"), event("there", "5,00"), event("other", "5,01"), event("thrice", "7,00"), eventOf("thrice", "7,00", "x"), eventOf("thrice", "7,00", "y"),
			event("bad", "8,00"), "{", strings.Repeat("x", 2<<20), event("differs", "1,00"), eventOf("differs", "1,00", "x"))
		good := map[string]string{"new": "1.00", "there": "5.00", "other": "5.01", "thrice": "7.00", "differs": "1.00"}
		mended := map[string]string{}
		seen := map[string]bool{}
		for _, e := range h.entries() {
			amount, ok := good[e.TransactionID]
			if e.TransactionID == "differs" && seen["differs"] {
				amount = "2.00"
			}
			if seen[e.TransactionID] = true; ok {
				mended[e.ID] = event(e.TransactionID, amount)
			}
		}
		h.mend(mended)
		all := redrive.Selection{Reasons: quarantine.Reasons}
		p, err := redrive.Look(t.Context(), h.memory.Reader(), all, wire.Options{}, time.Now().Add(time.Second))
		want := redrive.Preview{
			Count:    redrive.Count{Entries: 11, Amount: map[payment.Currency]payment.Total{}, Unreadable: 11},
			Recorded: 3, Duplicate: 3, Held: map[quarantine.Reason]int64{"conflict": 2, "invalid": 1, "malformed": 1}, Truncated: 1,
			Amounts: map[payment.Currency]payment.Total{"BRL": payment.Total{}.Add(payment.Money{Minor: 900, Currency: "BRL"})},
		}
		if diff := cmp.Diff(want, p, cmp.AllowUnexported(payment.Total{})); diff != "" || err != nil {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
		r := h.mustBegin(all)
		h.record()
		o, err := redrive.Where(t.Context(), h.memory.Reader(), r.ID)
		if err != nil || o.Resolved != p.Recorded+p.Duplicate || !cmp.Equal(o.Held, p.Held) || r.Truncated != p.Truncated {
			t.Errorf("predicted %+v, became %+v (%v), %d not sent", p, o, err, r.Truncated)
		}
		if n := int64(len(h.payments())) - 2; n != p.Recorded {
			t.Errorf("predicted %d new payments, there are %d", p.Recorded, n)
		}
	})
}

func TestPredict(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.publish(event("there", "5.00"))
		h.record()
		for _, c := range []struct {
			name, body string
			want       redrive.Fate
		}{
			{"new", event("new", "1.00"), redrive.Fate{Kind: "recorded", Offset: -1, TransactionID: "new", Amount: brl(100)}},
			{"duplicate", event("there", "5.00"), redrive.Fate{Kind: "duplicate", Offset: -1, TransactionID: "there", Amount: brl(500)}},
			{"conflict", strings.Replace(event("there", "5.01"), `"Q"`, `"R"`, 1), redrive.Fate{Kind: "conflict", Offset: -1, TransactionID: "there", Amount: brl(501),
				Detail: "this transaction_id is recorded with another amount, payee_account",
				FieldErrors: []quarantine.FieldError{{Field: "amount", Code: "differs", Value: "5.01", Recorded: "5.00"},
					{Field: "payee_account", Code: "differs", Value: "R", Recorded: "Q"}}}},
			{"malformed", `{"a":}`, redrive.Fate{Kind: "malformed", Offset: 5, Detail: "byte 5: a value was expected"}},
			{"too large", strings.Repeat(" ", 70_000), redrive.Fate{Kind: "too_large", Offset: -1, Detail: "70000 bytes, at most 65536 are read"}},
		} {
			got, err := redrive.Predict(t.Context(), h.memory.Reader(), []byte(c.body), wire.Options{})
			if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
				t.Errorf("%s: %v, -want +got:\n%s", c.name, err, diff)
			}
			if got.Kind.Held() == (c.name == "new" || c.name == "duplicate") {
				t.Errorf("%s: held %t", c.name, got.Kind.Held())
			}
		}
		got, err := redrive.Predict(t.Context(), h.memory.Reader(), []byte(event("x", "1,00")), wire.Options{})
		if err != nil || got.Kind != "invalid" || len(got.FieldErrors) != 1 || got.FieldErrors[0].Field != "amount" || got.FieldErrors[0].Hint == "" {
			t.Errorf("invalid: %+v, %v", got, err)
		}
	})
}

// TestControlTotalsArePredicted: what is mended may be a control total.
func TestControlTotalsArePredicted(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		c := payment.ControlTotal{Window: payment.Window{Source: "app", Producer: "a", From: from, Until: from.Add(time.Minute)},
			Count: 1, Amounts: map[payment.Currency]payment.Total{"BRL": payment.Total{}.Add(*brl(100))}}
		predict := func(want redrive.FateKind, fields ...string) {
			t.Helper()
			got, err := redrive.Predict(t.Context(), h.memory.Reader(), wire.EncodeControl(&c), wire.Options{})
			var differ []string
			for _, f := range got.FieldErrors {
				differ = append(differ, f.Field)
			}
			if err != nil || got.Kind != want || !cmp.Equal(fields, differ) {
				t.Errorf("%+v, %v; want %s", got, err, want)
			}
		}
		predict("recorded")
		h.publish(string(wire.EncodeControl(&c)))
		h.record()
		predict("duplicate")
		c.Count = 2
		predict("conflict", "count")
	})
}

func brl(minor int64) *payment.Money { return &payment.Money{Minor: minor, Currency: "BRL"} }
