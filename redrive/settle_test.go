package redrive_test

import (
	"context"
	"testing"
	"time"

	"recibo/redrive"
	"recibo/store"
	"recibo/wire"
)

// TestSettleWaits as long as recorders decide, and no longer than its patience
// after the last one did.
func TestSettleWaits(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.holdMended(3)
		for _, id := range ids {
			h.mustBegin(redrive.Selection{IDs: []string{id}}) // they are of three runs
		}
		r, err := redrive.Resume(t.Context(), h.config(), h.entry(ids[0]).RedriveID)
		if err != nil {
			t.Fatal(err)
		}
		began := time.Now()
		o, err := redrive.Settle(t.Context(), h.memory.Reader(), r.ID, 10*time.Second)
		if took := time.Since(began); err != nil || o.Redriven != 1 || took < 10*time.Second || took > 11*time.Second {
			t.Errorf("%+v after %s (%v), want one undecided after 10 s", o, took, err)
		}
		go func() { time.Sleep(5 * time.Second); h.record() }()
		began = time.Now()
		o, err = redrive.Settle(t.Context(), h.memory.Reader(), r.ID, 10*time.Second)
		if took := time.Since(began); err != nil || o.Redriven != 0 || o.Resolved != 1 || took < 5*time.Second || took > 6*time.Second {
			t.Errorf("%+v after %s (%v), want it resolved after 5 s", o, took, err)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		other := h.entry(ids[1])
		o, err = redrive.Settle(ended, onlyWhile{h.memory.Reader()}, other.RedriveID, time.Hour)
		if err != nil || o.Resolved != 1 {
			t.Errorf("after an interrupt: %+v, %v", o, err)
		}
		time.Sleep(time.Minute) // the recorder ends
		began = time.Now()
		if _, err := redrive.Settle(t.Context(), h.memory.Reader(), r.ID, time.Hour); err != nil || time.Since(began) != 0 {
			t.Errorf("waited %s for nothing (%v)", time.Since(began), err)
		}
	})
}

// onlyWhile answers only while its context lasts, as databases do.
type onlyWhile struct{ store.Reader }

func (o onlyWhile) Causes(ctx context.Context, q store.EntryQuery) ([]store.Cause, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return o.Reader.Causes(ctx, q)
}

// TestSettleCountsWhatPeopleDid: an entry that was held again and then
// discarded is told apart.
func TestSettleCountsWhatPeopleDid(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.hold(event("a", "1,00"), event("b", "1,00"))
		r := h.mustBegin(invalid)
		h.record()
		if _, err := h.desk("bia").Discard(t.Context(), redrive.Selection{IDs: ids[:1]}, time.Now().Add(time.Second), nil); err != nil {
			t.Fatal(err)
		}
		o, err := redrive.Where(t.Context(), h.memory.Reader(), r.ID)
		if err != nil || o.Discarded != 1 || o.Held["invalid"] != 1 || o.Resolved != 0 {
			t.Errorf("%+v, %v", o, err)
		}
	})
}

// TestFailuresOfReading: what cannot be read is no empty answer.
func TestFailuresOfReading(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		id := h.holdMended(1)[0]
		r := h.mustBegin(invalid)
		h.store.Down("no route")
		reader := h.store.Reader()
		_, look := redrive.Look(t.Context(), reader, invalid, wire.Options{}, time.Now())
		_, count := redrive.CountSelected(t.Context(), reader, invalid, wire.Options{}, time.Now(), "held")
		_, bySource := redrive.CountSelected(t.Context(), reader, redrive.Selection{Source: "app"}, wire.Options{}, time.Now(), "held")
		_, predict := redrive.Predict(t.Context(), reader, []byte(event("a", "1.00")), wire.Options{})
		_, entry := redrive.Entry(t.Context(), reader, id)
		_, settle := redrive.Settle(t.Context(), reader, r.ID, time.Second)
		_, where := redrive.Where(t.Context(), reader, r.ID)
		for i, err := range []error{look, count, bySource, predict, entry, settle, where} {
			if err == nil {
				t.Errorf("question %d had an answer", i)
			}
		}
	})
}
