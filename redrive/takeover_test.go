package redrive_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/redrive"
	"recibo/store"
)

// TestTakenOver has a second process resume a run that the first still drives:
// the first stops and says who has it.
func TestTakenOver(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(100)
		first := h.config()
		var begun atomic.Value
		first.Progress = func(p redrive.Progress) { begun.Store(p.ID) }
		ended := make(chan error)
		go func() {
			_, err := redrive.Begin(t.Context(), first, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Rate: 20})
			ended <- err
		}()
		time.Sleep(1100 * time.Millisecond)
		r, err := redrive.Resume(t.Context(), h.config(), begun.Load().(string))
		if err != nil || r.Moved != 100 || r.State != store.RedriveDone || r.Runner != "runner-3" {
			t.Errorf("%+v, %v", r, err)
		}
		err = <-ended
		var taken *redrive.TakenOverError
		if !errors.As(err, &taken) || taken.Runner != "runner-3" || !strings.Contains(err.Error(), "runner-3 drives it since 2000-01-01T") {
			t.Errorf("the first ended with %v", err)
		}
		h.record()
		if h.states()["resolved"] != 100 {
			t.Errorf("%v", h.states())
		}
	})
}

func TestCancel(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(100)
		c := h.config()
		h.broker.Down()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		r, _ := redrive.Begin(ctx, c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Rate: 20})
		h.broker.Up()
		r, err := redrive.Cancel(t.Context(), h.config(), r.ID)
		if err != nil || r.State != store.RedriveCancelled || r.Again != 10 || r.EndedAt.IsZero() {
			t.Errorf("%+v, %v", r, err)
		}
		h.record()
		if s := h.states(); s["resolved"] != 10 || s["held"] != 90 {
			t.Errorf("%v, want what was on its way decided and the rest held", s)
		}
		// A cancelled run moves nothing any more, however often it is resumed.
		again, err := redrive.Resume(t.Context(), h.config(), r.ID)
		if err != nil || again.State != store.RedriveCancelled || again.Sent != 0 {
			t.Errorf("resumed: %+v, %v", again, err)
		}
		if _, err := redrive.Cancel(t.Context(), h.config(), r.ID); err != nil {
			t.Errorf("cancelled twice: %v", err)
		}
		done := h.mustBegin(invalid)
		if _, err := redrive.Cancel(t.Context(), h.config(), done.ID); !errors.Is(err, redrive.ErrIsDone) {
			t.Errorf("cancelling what is done: %v", err)
		}
		if _, err := redrive.Resume(t.Context(), h.config(), "20260101-000000-abcdef"); !errors.Is(err, redrive.ErrNoSuch) {
			t.Errorf("no such run: %v", err)
		}
	})
}

// TestResumeOfADoneRun: a queue that was emptied by hand takes its messages
// with it; the entries say what is missing.
func TestResumeOfADoneRun(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(30)
		h.broker.BeforePublish = func([]queue.Message) ([]queue.Message, error) { return nil, nil }
		r := h.mustBegin(invalid)
		h.broker.BeforePublish = nil
		h.record()
		if h.states()["redriven"] != 30 {
			t.Fatalf("%v", h.states())
		}
		again, err := redrive.Resume(t.Context(), h.config(), r.ID)
		h.record()
		if err != nil || again.Again != 30 || again.Sent != 30 || again.State != store.RedriveDone || h.states()["resolved"] != 30 {
			t.Errorf("%+v, %v, %v", again, err, h.states())
		}
	})
}

// TestLosesTheRace has somebody else act between the reading of a page and the
// transaction that moves it.
func TestLosesTheRace(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.holdMended(5)
		c := h.config()
		h.raceOnce(func() {
			other := &redrive.Desk{Store: h.memory, Actor: "bia", Note: "a test", Log: c.Log}
			if _, err := other.Discard(t.Context(), redrive.Selection{IDs: ids[1:3]}, time.Now(), nil); err != nil {
				t.Error(err)
			}
		}, 2)
		r, err := redrive.Begin(t.Context(), c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Actor: "ana"})
		if err != nil || r.Lost != 2 || r.Moved != 3 || r.Sent != 3 || len(r.Losses) != 2 {
			t.Fatalf("%+v, %v", r, err)
		}
		l := r.Losses[0]
		if words := l.Words(); l.EntryID != ids[1] || l.Actor != "bia" || l.Note != "a test" || !strings.HasPrefix(words, "it is discarded, by bia at 2000-01-01T") {
			t.Errorf("%+v: %s", l, words)
		}
		h.record()
		if s := h.states(); s["discarded"] != 2 || s["resolved"] != 3 || len(h.payments()) != 3 {
			t.Errorf("%v, %d payments", s, len(h.payments()))
		}
	})
}

// TestLostReplies: whichever answer to a commit is lost, landed or not, each
// entry is moved once and the row counts it once.
func TestLostReplies(t *testing.T) {
	for _, landed := range []bool{true, false} {
		for at := range 4 {
			bubble(t, func(t *testing.T, h *harness) {
				ids := h.holdMended(25)
				c := h.config()
				h.loseReply(at, landed)
				r, err := redrive.Begin(t.Context(), c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Rate: 20})
				if err != nil || r.Moved != 25 || r.Sent != 25 || r.Lost != 0 {
					t.Errorf("landed %t, at %d: %+v, %v", landed, at, r, err)
				}
				for _, id := range ids {
					if e := h.entry(id); e.Attempt != 1 || e.State != quarantine.Redriven {
						t.Errorf("landed %t, at %d: %s at %d", landed, at, e.State, e.Attempt)
					}
				}
			})
		}
	}
}

// TestTransactionsAreHalved: entries that are too many for one transaction go
// in several.
func TestTransactionsAreHalved(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(40)
		c := h.config()
		c.Store = &small{h.store, 7}
		r, err := redrive.Begin(t.Context(), c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour)})
		h.record()
		if err != nil || r.Moved != 40 || r.Sent != 40 || h.states()["resolved"] != 40 {
			t.Errorf("%+v, %v, %v", r, err, h.states())
		}
	})
}

// TestTimeLimitAloneIsWaitedFor: what cannot be cut up waits, since somebody
// holds a lock; one change of the row and one entry among them.
func TestTimeLimitAloneIsWaitedFor(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		h.holdMended(3)
		c := h.config()
		h.store.FailNext(5, store.ClassTooSlow)
		slow := &small{h.store, 0}
		c.Store = slow
		time.AfterFunc(time.Minute, func() { slow.allow(1) })
		r, err := redrive.Begin(t.Context(), c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour)})
		h.record()
		if err != nil || r.Moved != 3 || r.Sent != 3 || h.states()["resolved"] != 3 {
			t.Errorf("%+v, %v, %v", r, err, h.states())
		}
		h.store.FailNext(1000, store.ClassTooSlow)
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if _, err := redrive.Resume(ctx, h.config(), r.ID); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("stopped while it waits: %v", err)
		}
	})
}

// small is a store whose transactions take few transitions.
type small struct {
	store.Store
	most int
}

func (s *small) allow(n int) { s.most = n }

func (s *small) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return fn(ctx, &smallTx{tx, store.Desk(tx), s.most}) })
}

type smallTx struct {
	store.Tx
	store.DeskTx
	most int
}

func (t *smallTx) Transition(ctx context.Context, ts []quarantine.Transition) ([]bool, error) {
	if len(ts) > t.most {
		return nil, &store.Error{Class: store.ClassTooSlow, Op: "move", Err: errors.New("statement timeout")}
	}
	return t.Tx.Transition(ctx, ts)
}
