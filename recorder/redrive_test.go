package recorder_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/recorder"
	"recibo/store"
	"recibo/store/storetest"
)

const bad = `{"transaction_id":"m","amount":"1,50"}`

// held has the only entry in the quarantine.
func (h *harness) held() quarantine.Entry {
	h.t.Helper()
	entries := h.entries()
	if len(entries) != 1 {
		h.t.Fatalf("%d entries, want one: %+v", len(entries), entries)
	}
	return entries[0]
}

// desk does what an operator does.
func (h *harness) desk(fn func(context.Context, store.Tx) bool) {
	h.t.Helper()
	err := h.memory.Update(h.t.Context(), func(ctx context.Context, tx store.Tx) error {
		if !fn(ctx, tx) {
			h.t.Error("the operator's step was refused")
		}
		return nil
	})
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *harness) step(e quarantine.Entry, to quarantine.State) {
	h.t.Helper()
	h.desk(func(ctx context.Context, tx store.Tx) bool {
		done, err := tx.Transition(ctx, []quarantine.Transition{{EntryID: e.ID, From: quarantine.Held, To: to,
			By: quarantine.Operator, Attempt: e.Attempt, RedriveID: "run", Actor: "ana", At: time.Now()}})
		return err == nil && done[0]
	})
}

func (h *harness) mend(e quarantine.Entry, body string) {
	h.t.Helper()
	h.desk(func(ctx context.Context, tx store.Tx) bool {
		done, err := store.Desk(tx).Mend(ctx, quarantine.Mending{EntryID: e.ID, Attempt: e.Attempt, Was: e.MendedBody,
			Body: []byte(body), Actor: "ana", At: time.Now()})
		return err == nil && done
	})
}

// back is a body on its way back from quarantine.
func back(e quarantine.Entry, attempt int, body string) queue.Message {
	return queue.Message{ID: "back", Body: []byte(body),
		Headers: map[string]string{quarantine.RedriveHeader: quarantine.FormatRedrive(e.ID, attempt)}}
}

// wantEntry looks at the one entry and its last line of history.
func (h *harness) wantEntry(state quarantine.State, attempt int, reason quarantine.Reason, seen int64, actor, note string) {
	h.t.Helper()
	e := h.held()
	if e.State != state || e.Attempt != attempt || e.Reason != reason || e.Seen != seen {
		h.t.Errorf("entry %s at %d, %s, seen %d; want %s at %d, %s, seen %d", e.State, e.Attempt, e.Reason, e.Seen, state, attempt, reason, seen)
	}
	lines, err := h.memory.Reader().History(h.t.Context(), e.ID)
	if err != nil || len(lines) == 0 {
		h.t.Fatalf("no history (%v)", err)
	}
	if l := lines[len(lines)-1]; l.To != state || l.Actor != actor || l.Note != note || l.Reason != reason {
		h.t.Errorf("last line %+v", l)
	}
	h.wantBooks()
}

// Rule 6: the fate of what was sent back is the fate of its entry, in the same
// transaction.
func TestRedriveIsDecided(t *testing.T) {
	const good = "m 1.50"
	for _, c := range []struct {
		name     string
		before   []string // recorded already
		mended   string   // empty: the original goes back
		payments []string
		state    quarantine.State
		reason   quarantine.Reason
		seen     int64
		note     string
	}{
		{"mended and recorded", nil, event("m", "1.50"), []string{good}, "resolved", "invalid", 1, "recorded"},
		{"mended under another id", []string{event("a", "9.00")}, event("n", "1.50"), []string{"a 9.00", "n 1.50"}, "resolved", "invalid", 1, "recorded"},
		{"mended to what is recorded", []string{event("m", "1.50")}, event("m", "1.50"), []string{good}, "resolved", "invalid", 1, "duplicate"},
		{"mended to a conflict", []string{event("m", "1.50")}, event("m", "2.50"), []string{good}, "held", "conflict", 2, ""},
		{"mended to nonsense", nil, "{", nil, "held", "malformed", 2, ""},
		{"mended to a giant", nil, large(), nil, "held", "too_large", 2, ""},
		{"not mended", nil, "", nil, "held", "invalid", 2, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.publish(append(c.before, bad)...)
				h.record()
				e, body := h.held(), bad
				if c.mended != "" {
					h.mend(e, c.mended)
					body = c.mended
				}
				h.step(e, quarantine.Redriven)
				h.send(back(e, 1, body))
				h.record()
				h.wantPayments(c.payments...)
				h.wantEntry(c.state, 1, c.reason, c.seen, "recorder", c.note)
				for _, p := range h.payments() {
					if c.note == "recorded" && p.Amount.Decimal() == "1.50" != (p.EntryID == e.ID) {
						t.Errorf("%s has entry %q", p.TransactionID, p.EntryID)
					}
				}
				if got := h.held(); string(got.Body) != bad || got.ID != e.ID {
					t.Error("the original changed")
				}
			})
		})
	}
}

// The header is a claim: without the entry's bytes it means nothing, and the
// message is one like any other.
func TestForgedRedriveHeader(t *testing.T) {
	for name, forge := range map[string]func(e quarantine.Entry) queue.Message{
		"another body": func(e quarantine.Entry) queue.Message { return back(e, 1, event("x", "7.00")) },
		"an unknown entry": func(quarantine.Entry) queue.Message {
			return back(quarantine.Entry{ID: "00000000000000000000000000000000"}, 1, event("x", "7.00"))
		},
		"no header that means anything": func(quarantine.Entry) queue.Message {
			return queue.Message{Body: []byte(event("x", "7.00")), Headers: map[string]string{quarantine.RedriveHeader: "1"}}
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.publish(bad)
				h.record()
				e := h.held()
				h.step(e, quarantine.Redriven)
				h.send(forge(e))
				h.record()
				h.wantPayments("x 7.00")
				if p := h.payments()[0]; p.EntryID != "" {
					t.Errorf("the payment claims to come from %s", p.EntryID)
				}
				if got := h.held(); got.State != quarantine.Redriven || got.Seen != 1 {
					t.Errorf("the entry is %s, seen %d", got.State, got.Seen)
				}
			})
		})
	}
}

// Bytes that were sent before their entry was redriven a second time are not
// those of the second time, and a claim on an attempt to come is none.
func TestRedriveOfAnotherAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(bad)
		h.record()
		h.send(back(h.held(), 1, bad)) // nobody sent it back yet
		h.record()
		if e := h.held(); e.State != quarantine.Held || e.Seen != 2 || e.Attempt != 0 {
			t.Errorf("%s at %d, seen %d", e.State, e.Attempt, e.Seen)
		}
		h.wantBooks()
	})
}

// refusedOnce brings an entry to be held by a rule of the database, redriven,
// refused again, and returns it.
func (h *harness) refusedOnce() quarantine.Entry {
	h.t.Helper()
	h.refuse("m", "not today")
	h.publish(event("m", "1.50"))
	h.record()
	h.step(h.held(), quarantine.Redriven)
	h.send(back(h.held(), 1, event("m", "1.50")))
	h.record()
	h.wantEntry("held", 1, "rejected", 2, "recorder", "")
	return h.held()
}

// A copy of what was sent back comes once more after its entry was decided: it
// records nothing, however good it has become.
func TestDiscardedEntryIsNeverRecorded(t *testing.T) {
	for name, to := range map[string]quarantine.State{"held": quarantine.Held, "discarded": quarantine.Discarded, "on its way again": quarantine.Redriven} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				e := h.refusedOnce()
				if to != quarantine.Held {
					h.step(e, to)
				}
				h.faulty.RefusePayments(nil)
				h.send(back(e, 1, event("m", "1.50")))
				h.wantResult(h.record(), recorder.Result{Delivered: 1, Quarantined: reasons("rejected", 1)})
				h.wantPayments()
				switch to {
				case quarantine.Discarded:
					h.wantEntry("held", 1, "rejected", 3, "recorder", "the same bytes came again")
				case quarantine.Redriven:
					h.wantEntry("redriven", 2, "rejected", 3, "ana", "")
					h.send(back(e, 2, event("m", "1.50")))
					h.record()
					h.wantPayments("m 1.50")
					h.wantEntry("resolved", 2, "rejected", 3, "recorder", "recorded")
				default:
					h.wantEntry("held", 1, "rejected", 3, "recorder", "")
				}
			})
		})
	}
}

// The same between the look at the entry and the transaction.
func TestDiscardWinsTheRace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		e := h.refusedOnce()
		h.step(e, quarantine.Redriven)
		h.faulty.RefusePayments(nil)
		raced := false
		h.faulty.Hook(storetest.Hooks{Before: func(context.Context) error {
			if !raced { // another recorder decides about a copy, and somebody discards the entry
				raced = true
				h.desk(func(ctx context.Context, tx store.Tx) bool {
					done, err := tx.Transition(ctx, []quarantine.Transition{
						{EntryID: e.ID, From: quarantine.Redriven, To: quarantine.Held, By: quarantine.Recorder, Attempt: 2, Actor: "other", At: time.Now()},
						{EntryID: e.ID, From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator, Attempt: 2, Actor: "ana", At: time.Now()}})
					return err == nil && done[0] && done[1]
				})
			}
			return nil
		}})
		h.send(back(e, 2, event("m", "1.50")), queue.Message{ID: "other", Body: []byte(event("x", "7.00"))})
		h.wantResult(h.record(), recorder.Result{Delivered: 2, Recorded: 1, Quarantined: reasons("rejected", 1)})
		h.wantPayments("x 7.00")
		h.wantEntry("held", 2, "rejected", 3, "recorder", "the same bytes came again")
	})
}

// A mended body that was replaced since is known by the history: it does not
// become a payment beside the one that replaced it.
func TestReplacedMendedBodyIsNotRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.refuse("n", "not today")
		h.publish(bad)
		h.record()
		h.mend(h.held(), event("n", "1.50"))
		h.step(h.held(), quarantine.Redriven)
		h.send(back(h.held(), 1, event("n", "1.50")))
		h.record()
		h.wantEntry("held", 1, "rejected", 2, "recorder", "")
		h.faulty.RefusePayments(nil)
		h.mend(h.held(), event("o", "1.50"))
		h.step(h.held(), quarantine.Redriven)
		h.send(back(h.held(), 2, event("n", "1.50"))) // as nobody sent it
		h.record()
		h.wantPayments()
		h.send(back(h.held(), 2, event("o", "1.50")), back(h.held(), 1, event("n", "1.50")))
		h.record()
		h.wantPayments("o 1.50")
		h.wantEntry("resolved", 2, "rejected", 4, "recorder", "recorded")
	})
}

// Copies of one that was sent back, and of its payment, in one batch and over
// lost replies: one payment, one step, one count each.
func TestCopiesOfARedrive(t *testing.T) {
	for name, fault := range map[string]func(*harness){
		"all well":        func(*harness) {},
		"a lost reply":    func(h *harness) { h.loseReply(1, true) },
		"a lost commit":   func(h *harness) { h.loseReply(1, false) },
		"a moment's down": func(h *harness) { h.faulty.Down("gone"); time.AfterFunc(3*time.Second, h.faulty.Up) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.publish(bad)
				h.record()
				e := h.held()
				h.mend(e, event("m", "1.50"))
				h.step(e, quarantine.Redriven)
				fault(h)
				h.publish(event("m", "1.50"))
				h.send(back(e, 1, event("m", "1.50")), back(e, 1, event("m", "1.50")))
				h.wantResult(h.record(), recorder.Result{Delivered: 3, Recorded: 1, Duplicate: 2})
				h.wantPayments("m 1.50")
				h.wantEntry("resolved", 1, "invalid", 1, "recorder", "duplicate")
			})
		})
	}
}
