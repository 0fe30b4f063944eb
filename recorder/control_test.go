package recorder_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/recorder"
	"recibo/store"
	"recibo/wire"
)

// control is a control total of one payment of so many centavos.
func control(producer string, minor int64) string {
	from := time.Date(2026, 11, 23, 14, 15, 0, 0, time.UTC)
	c := payment.ControlTotal{Window: payment.Window{Source: "app", Producer: producer, From: from, Until: from.Add(time.Minute)}}
	c.Add(payment.Money{Minor: minor, Currency: "BRL"}, payment.Fingerprint{1})
	return string(wire.EncodeControl(&c))
}

func (h *harness) controls() []store.Control {
	h.t.Helper()
	page, err := store.ReadControls(h.memory.Reader()).Controls(h.t.Context(), store.ControlQuery{})
	if err != nil {
		h.t.Fatal(err)
	}
	return page.Items
}

// Control totals go the way of payments, and are counted beside them.
func TestControlTotals(t *testing.T) {
	for _, c := range []struct {
		name      string
		bodies    []string
		producers string
		result    recorder.Result
	}{
		{"recorded with payments", []string{control("b", 150), event("a", "1.50"), control("a", 150)}, "a b",
			recorder.Result{Delivered: 1, Recorded: 1, ControlTotals: 2}},
		{"again in one batch", []string{control("a", 150), control("a", 150)}, "a", recorder.Result{ControlTotals: 2}},
		{"with other content", []string{control("a", 150), control("a", 151)}, "a",
			recorder.Result{Delivered: 1, ControlTotals: 1, Quarantined: reasons("conflict", 1)}},
		{"invalid", []string{strings.Replace(control("a", 150), `"count":1`, `"count":-1`, 1)}, "",
			recorder.Result{Delivered: 1, Quarantined: reasons("invalid", 1)}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.publish(c.bodies...)
				h.wantResult(h.record(), c.result)
				var producers []string
				for _, c := range h.controls() {
					producers = append(producers, c.Producer)
					if c.Count != 1 || c.Amounts["BRL"].Decimal("BRL") != "1.50" || c.Queue != "memory" || c.RecordedAt.IsZero() {
						t.Errorf("%+v", c)
					}
				}
				if got := strings.Join(slices.Sorted(slices.Values(producers)), " "); got != c.producers {
					t.Errorf("control totals of %q, want %q", got, c.producers)
				}
				h.wantBooks()
			})
		})
	}
}

var errNoB = errors.New("no b here")

// I3 for control totals: what differs stands in the entry.
func TestControlConflictNamesWhatDiffers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(control("a", 150))
		h.record()
		h.publish(control("a", 151))
		h.record()
		e := h.held()
		if e.Reason != quarantine.Conflict || len(e.FieldErrors) != 1 || e.TransactionID != "" || e.Amount != nil ||
			e.FieldErrors[0] != (quarantine.FieldError{Field: "amounts.BRL", Code: "differs", Recorded: "1.50", Value: "1.51"}) {
			t.Errorf("%+v", e)
		}
		h.wantBooks()
	})
}

// A control total that the database refuses is held, alone; with a lost reply
// and after a moment without a database nothing is counted twice.
func TestControlFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.guard.refuseControl = "b"
		h.loseReply(1, true)
		h.publish(control("a", 150), control("b", 150), event("a", "1.50"), control("c", 150))
		h.faulty.Down("gone")
		time.AfterFunc(3*time.Second, h.faulty.Up)
		h.wantResult(h.record(), recorder.Result{Delivered: 2, Recorded: 1, ControlTotals: 2, Quarantined: reasons("rejected", 1)})
		h.wantPayments("a 1.50")
		if n := len(h.controls()); n != 2 {
			t.Errorf("%d control totals, want two", n)
		}
		if e := h.held(); !strings.Contains(e.Detail, "no b here") || string(e.Body) != control("b", 150) {
			t.Errorf("%+v", e)
		}
		h.wantBooks()
	})
}

// What was refused but stands already is a duplicate: the refusal may be of a
// commit that landed.
func TestRefusedControlThatStands(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(control("b", 150))
		h.record()
		h.guard.refuseControl = "b"
		h.publish(control("b", 150), control("b", 151))
		h.wantResult(h.record(), recorder.Result{Delivered: 1, ControlTotals: 1, Quarantined: reasons("conflict", 1)})
		h.wantBooks()
	})
}

// A control total that was held comes back like a payment.
func TestControlRedrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.guard.refuseControl = "b"
		h.publish(control("b", 150))
		h.record()
		h.guard.refuseControl = ""
		e := h.held()
		h.step(e, quarantine.Redriven)
		h.send(back(e, 1, control("b", 150)))
		h.wantResult(h.record(), recorder.Result{ControlTotals: 1})
		h.wantEntry("resolved", 1, "rejected", 1, "recorder", "recorded")
		if cs := h.controls(); len(cs) != 1 || cs[0].EntryID != e.ID {
			t.Errorf("%+v", cs)
		}
	})
}

// Control refuses the totals of one producer, if it is told to.
func (t *guardTx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	for i := range cs {
		if cs[i].Producer == t.g.refuseControl {
			return nil, &store.Error{Class: store.ClassData, Op: "control", Err: errNoB}
		}
	}
	return store.Controls(t.Tx).Control(ctx, cs)
}
