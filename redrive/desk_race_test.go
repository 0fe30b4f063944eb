package redrive_test

import (
	"fmt"
	"testing"
	"time"

	"recibo/redrive"
	"recibo/store"
)

// TestSameWordsOfAnother: an act of somebody else is not taken for ours, even
// with the same note in the same millisecond.
func TestSameWordsOfAnother(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.hold(event("a", "1,00"))
		all := redrive.Selection{IDs: ids}
		h.raceOnce(func() {
			bia := &redrive.Desk{Store: h.memory, Actor: "bia", Note: h.desk("").Note, Log: h.config().Log}
			if _, err := bia.Discard(t.Context(), all, time.Now().Add(time.Second), nil); err != nil {
				t.Error(err)
			}
		}, 1)
		done, err := h.desk("ana").Discard(t.Context(), all, time.Now().Add(time.Second), nil)
		if err != nil || done.Done != 0 || done.Lost != 1 || done.Losses[0].Actor != "bia" {
			t.Errorf("%+v, %v", done, err)
		}
	})
}

// TestLossesAreBounded: a result counts all, and names the first few.
func TestLossesAreBounded(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		var bodies []string
		for i := range 15 {
			bodies = append(bodies, event(fmt.Sprint(i), "1,00"))
		}
		h.hold(bodies...)
		discardAll := func() {
			bia := &redrive.Desk{Store: h.memory, Actor: "bia", Log: h.config().Log}
			if _, err := bia.Discard(t.Context(), invalid, time.Now().Add(time.Second), nil); err != nil {
				t.Error(err)
			}
		}
		h.raceOnce(discardAll, 1)
		done, err := h.desk("ana").Discard(t.Context(), invalid, time.Now().Add(time.Second), nil)
		if err != nil || done.Lost != 15 || len(done.Losses) != 10 {
			t.Errorf("%d lost, %d named (%v)", done.Lost, len(done.Losses), err)
		}
		for _, e := range h.entries() { // held again
			h.publish(string(e.Body))
		}
		h.record()
		c := h.config()
		h.raceOnce(discardAll, 2)
		r, err := redrive.Begin(t.Context(), c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour)})
		if err != nil || r.Lost != 15 || len(r.Losses) != 10 || r.Moved != 0 || r.Sent != 0 {
			t.Errorf("%d lost, %d named, %d moved (%v)", r.Lost, len(r.Losses), r.Moved, err)
		}
	})
}

// TestDiscardBySource: the source stands in the body only, which is read then.
func TestDiscardBySource(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.hold(eventOf("a", "1,00", "pos"), eventOf("b", "1,00", "app"))
		calls := 0
		done, err := h.desk("ana").Discard(t.Context(), redrive.Selection{Source: "pos"}, time.Now().Add(time.Second), func(int64) { calls++ })
		if err != nil || done.Done != 1 || h.states()["held"] != 1 || calls != 1 {
			t.Errorf("%+v, %v, %v", done, err, h.states())
		}
		if _, err := h.desk("ana").Discard(t.Context(), redrive.Selection{Source: "nobody"}, time.Now().Add(time.Second), func(int64) { calls++ }); err != nil || calls != 1 {
			t.Errorf("%v, told %d times", err, calls)
		}
	})
}

// TestRefusedActsAreErrors: what the database refuses is not done, and said.
func TestRefusedActsAreErrors(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		id := h.hold(event("a", "1,00"))[0]
		all := redrive.Selection{IDs: []string{id}}
		e := h.entry(id)
		c := h.config()
		refuse := func() { h.store.FailNext(1, store.ClassData) }
		refuse()
		mendErr := h.desk("ana").Mend(t.Context(), &e, []byte("x"))
		refuse()
		_, discardErr := h.desk("ana").Discard(t.Context(), all, time.Now().Add(time.Second), nil)
		refuse()
		_, beginErr := redrive.Begin(t.Context(), c, redrive.Plan{Selection: all, Cutoff: time.Now().Add(time.Hour)})
		for _, err := range []error{mendErr, discardErr, beginErr} {
			if err == nil || store.ClassOf(err) != store.ClassData {
				t.Errorf("%v, want the database's error", err)
			}
		}
		if got := h.entry(id); got.State != "held" || got.MendedBody != nil {
			t.Errorf("%+v", got)
		}
		if _, err := h.desk("ana").Discard(t.Context(), all, time.Now().Add(time.Second), nil); err != nil {
			t.Fatal(err)
		}
		refuse()
		if done, err := h.desk("ana").Purge(t.Context(), all, time.Now().Add(time.Second), nil); err == nil || done.Done != 0 {
			t.Errorf("%+v, %v", done, err)
		}
	})
}
