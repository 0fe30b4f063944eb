package redrive_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/redrive"
	"recibo/store"
	"recibo/wire"
)

func TestFilterIsReadAsWritten(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 15, 3, 123e6, time.UTC)
	for text, s := range map[string]redrive.Selection{
		`{"reasons":["invalid","conflict"]}`: {Reasons: []quarantine.Reason{"invalid", "conflict"}},
		`{"ids":["a","b"],"states":["resolved"],"field":"amount","source":"app","since":"2026-11-23T14:15:03.123Z","until":"2026-11-23T15:15:03.123Z"}`: {
			IDs: []string{"a", "b"}, States: []quarantine.State{"resolved"}, Field: "amount", Source: "app", Since: at, Until: at.Add(time.Hour)},
	} {
		if got := s.Filter(); got != text {
			t.Errorf("written as %s, want %s", got, text)
		}
		got, err := redrive.ParseFilter(text)
		if diff := cmp.Diff(s, got); diff != "" || err != nil || got.Empty() {
			t.Errorf("%v, -want +got:\n%s", err, diff)
		}
	}
	for _, text := range []string{"", "x", `{"payer":"x"}`} {
		if _, err := redrive.ParseFilter(text); err == nil {
			t.Errorf("%q was read: what it restricts is lost", text)
		}
	}
}

func TestWords(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 15, 3, 0, time.UTC)
	for want, s := range map[string]redrive.Selection{
		"":                           {},
		"reason invalid or conflict": {Reasons: []quarantine.Reason{"invalid", "conflict"}},
		"field amount, source app":   {Field: "amount", Source: "app"},
		"state resolved, entry x":    {States: []quarantine.State{"resolved"}, IDs: []string{"x"}},
		"last seen since 2026-11-23T14:15:03Z, last seen before 2026-11-23T14:15:04Z, 2 entries by id": {Since: at, Until: at.Add(time.Second), IDs: []string{"x", "y"}},
	} {
		if got := s.Words(); got != want || s.Empty() != (want == "") {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

// TestSelections: each kind of restriction selects what it says, for counting,
// for looking and for sending alike.
func TestSelections(t *testing.T) {
	since := func(s redrive.Selection, at time.Time) redrive.Selection { s.Since = at; return s }
	until := func(s redrive.Selection, at time.Time) redrive.Selection { s.Until = at; return s }
	for name, c := range map[string]struct {
		selection func(ids []string, begun time.Time) redrive.Selection
		want      int64
	}{
		"reason": {func([]string, time.Time) redrive.Selection {
			return redrive.Selection{Reasons: []quarantine.Reason{"malformed"}}
		}, 2},
		"field":  {func([]string, time.Time) redrive.Selection { return redrive.Selection{Field: "amount"} }, 4},
		"source": {func([]string, time.Time) redrive.Selection { return redrive.Selection{Source: "pos"} }, 3},
		"since":  {func(_ []string, at time.Time) redrive.Selection { return since(redrive.Selection{}, at) }, 1},
		"until":  {func(_ []string, at time.Time) redrive.Selection { return until(redrive.Selection{}, at) }, 5},
		"ids": {func(ids []string, _ time.Time) redrive.Selection {
			return redrive.Selection{IDs: []string{ids[1], ids[0], ids[1]}}
		}, 2},
		"several": {func(_ []string, at time.Time) redrive.Selection {
			return until(redrive.Selection{Source: "pos", Field: "amount"}, at)
		}, 2},
		"nothing": {func([]string, time.Time) redrive.Selection { return redrive.Selection{Source: "nobody"} }, 0},
		"unknown": {func([]string, time.Time) redrive.Selection { return redrive.Selection{IDs: []string{"x"}} }, 0},
	} {
		bubble(t, func(t *testing.T, h *harness) {
			ids := h.hold(eventOf("a", "1,00", "app"), eventOf("b", "-1", "pos"), `{"transaction_id":"c","source":"pos"}`, "{", "[")
			time.Sleep(time.Hour)
			begun := time.Now()
			time.Sleep(time.Hour)
			h.hold(eventOf("d", "1,00", "pos"))
			s, now := c.selection(ids, begun), time.Now().Add(time.Second)
			n, err := redrive.CountSelected(t.Context(), h.memory.Reader(), s, wire.Options{}, now, quarantine.Held)
			p, lookErr := redrive.Look(t.Context(), h.memory.Reader(), s, wire.Options{}, now)
			if err != nil || lookErr != nil || n.Entries != c.want || p.Entries != c.want || n.Unreadable != c.want {
				t.Errorf("%s: counted %+v (%v), looked at %d (%v), want %d", name, n, err, p.Entries, lookErr, c.want)
			}
			if r, err := h.begin(t.Context(), s); err != nil || r.Moved != c.want {
				t.Errorf("%s: moved %d (%v), want %d", name, r.Moved, err, c.want)
			}
		})
	}
}

func TestCountAddsAmounts(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.publish(event("a", "1.50"))
		h.record()
		h.hold(event("a", "2.00"), event("a", "3.00"), "{")
		for _, source := range []string{"", "app"} {
			s := redrive.Selection{Reasons: []quarantine.Reason{"conflict", "malformed"}, Source: source}
			got, err := redrive.CountSelected(t.Context(), h.memory.Reader(), s, wire.Options{}, time.Now().Add(time.Second), quarantine.Held)
			unreadable := int64(1)
			if source != "" {
				unreadable = 0
			}
			want := redrive.Count{Entries: 2 + unreadable, Unreadable: unreadable,
				Amount: map[payment.Currency]payment.Total{"BRL": payment.Total{}.Add(*brl(500))}}
			if diff := cmp.Diff(want, got, cmp.AllowUnexported(payment.Total{})); diff != "" || err != nil {
				t.Errorf("source %q: %v, -want +got:\n%s", source, err, diff)
			}
		}
	})
}

func TestTooManyIDs(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := make([]string, store.MaxPage+1)
		for i := range ids {
			ids[i] = time.Duration(i).String()
		}
		if _, err := h.begin(t.Context(), redrive.Selection{IDs: ids}); !errors.Is(err, redrive.ErrTooMany) {
			t.Errorf("%v, want ErrTooMany", err)
		}
	})
}
