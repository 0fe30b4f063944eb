package redrive_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/redrive"
	"recibo/store"
)

// TestRunSurvivesCrashes draws entries, rivals and faults, and kills the
// process at any step of its work, again and again. Whatever happens, each
// entry is moved once, nothing stays in redriven after the last resume, and
// what somebody discarded is never recorded.
func TestRunSurvivesCrashes(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var failure any // rapid's own, which has to leave the bubble
		synctest.Test(t, func(t *testing.T) {
			defer func() { failure = recover() }()
			w := newWorld(rt, newHarnessOf(rt, t.Context()))
			w.begin()
			for range rapid.IntRange(0, 4).Draw(rt, "crashes") {
				w.resume(true)
			}
			w.resume(false)
			w.h.record()
			w.check()
		})
		if failure != nil {
			panic(failure)
		}
	})
}

// world is one story of a run.
type world struct {
	t         *rapid.T
	h         *harness
	id        string
	bad       map[string]bool // entries that stay invalid
	rival     map[string]bool // entries that a rival discarded
	candidate []string
}

func newWorld(t *rapid.T, h *harness) *world {
	w := &world{t: t, h: h, bad: map[string]bool{}, rival: map[string]bool{}}
	w.candidate = h.holdMended(rapid.IntRange(1, 12).Draw(t, "good"))
	var bodies []string
	for i := range rapid.IntRange(0, 4).Draw(t, "bad") {
		bodies = append(bodies, event(fmt.Sprintf("bad%d", i), "1,00"))
	}
	if len(bodies) > 0 {
		for _, id := range h.hold(bodies...) {
			w.bad[id] = true
			w.candidate = append(w.candidate, id)
		}
	}
	return w
}

// process is one process: after its last step it is dead, and does nothing more.
type process struct {
	*world
	steps int // until it dies; negative: it lives
	kill  context.CancelFunc
	dead  bool
}

var errDead = &store.Error{Class: store.ClassOutage, Op: "any", Err: errors.New("the process is dead")}

// step lets the world go on, and reports whether the process dies now.
func (p *process) step() bool {
	switch rapid.IntRange(0, 9).Draw(p.t, "meanwhile") {
	case 0:
		p.h.record()
	case 1:
		p.discardOne()
	}
	if p.steps--; p.steps == -1 {
		p.dead = true
		p.kill()
	}
	return p.dead
}

func (w *world) discardOne() {
	id := rapid.SampledFrom(w.candidate).Draw(w.t, "discarded")
	other := &redrive.Desk{Store: w.h.memory, Actor: "bia", Note: "no", Log: w.h.config().Log}
	done, err := other.Discard(w.h.ctx, redrive.Selection{IDs: []string{id}}, time.Now().Add(time.Hour), nil)
	if err != nil {
		w.t.Fatal(err)
	}
	w.rival[id] = w.rival[id] || done.Done == 1
}

// mortalStore is the store as a process that may die sees it.
type mortalStore struct {
	store.Store
	p *process
}

func (s *mortalStore) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if s.p.dead || s.p.step() {
		return errDead
	}
	fate := rapid.SampledFrom([]string{"", "", "", "lost reply", "lost commit", "transient"}).Draw(s.p.t, "commit")
	switch fate {
	case "lost commit":
		s.p.h.store.LoseCommits(1)
	case "lost reply":
		s.p.h.store.LoseReplies(1)
	case "transient":
		s.p.h.store.FailNext(1, store.ClassTransient)
	}
	err := s.Store.Update(ctx, fn)
	if s.p.step() { // it is committed, and nobody is there to hear it
		return errDead
	}
	return err
}

type mortalPublisher struct {
	queue.Publisher
	p *process
}

func (m *mortalPublisher) Publish(ctx context.Context, ms []queue.Message) error {
	if m.p.dead || m.p.step() {
		return errors.New("dead")
	}
	n := len(ms)
	if rapid.Bool().Draw(m.p.t, "in part") {
		n = rapid.IntRange(0, n).Draw(m.p.t, "accepted")
	}
	if err := m.Publisher.Publish(context.WithoutCancel(ctx), ms[:n]); err != nil {
		return err
	}
	if m.p.step() {
		return errors.New("dead")
	}
	if n == len(ms) {
		return nil
	}
	partial := &queue.PartialError{Err: errors.New("in part")}
	unanswered := rapid.IntRange(0, len(ms)).Draw(m.p.t, "unanswered") // of the last ones, accepted or not
	for i := range ms {
		switch {
		case i >= len(ms)-unanswered:
			partial.Unknown = append(partial.Unknown, i)
		case i >= n:
			partial.Refused = append(partial.Refused, i)
		}
	}
	return partial
}

// config is that of a new process, which dies at some step if it is mortal.
func (w *world) config(mortal bool) (context.Context, redrive.Config) {
	ctx, kill := context.WithCancel(w.h.ctx)
	p := &process{world: w, kill: kill, steps: -2}
	if mortal {
		p.steps = rapid.IntRange(0, 25).Draw(w.t, "steps")
	}
	c := w.h.config()
	c.Store, c.Publisher = &mortalStore{w.h.store, p}, &mortalPublisher{c.Publisher, p}
	return ctx, c
}

func (w *world) begin() {
	ctx, c := w.config(true)
	r, err := redrive.Begin(ctx, c, redrive.Plan{Selection: invalid, Cutoff: time.Now().Add(time.Hour), Actor: "ana",
		Rate: rapid.IntRange(2, 20).Draw(w.t, "rate")})
	page, listErr := store.ReadRedrives(w.h.memory.Reader()).Redrives(w.h.ctx, store.RedriveQuery{})
	if listErr != nil {
		w.t.Fatal(listErr)
	}
	if len(page.Items) == 1 {
		w.id = page.Items[0].ID
	} else if err == nil || r.ID != "" {
		w.t.Fatal("a run without a row", r, err)
	}
}

func (w *world) resume(mortal bool) {
	if w.id == "" {
		return // it died before it had begun
	}
	ctx, c := w.config(mortal)
	if r, err := redrive.Resume(ctx, c, w.id); !mortal && (err != nil || r.State != store.RedriveDone) {
		w.t.Fatal(r, err)
	}
}

// check holds what there is against what must be.
func (w *world) check() {
	moved := int64(0)
	payments := w.h.payments()
	for _, e := range w.h.entries() {
		steps := 0
		for _, l := range w.h.history(e.ID) {
			if l.To == quarantine.Redriven {
				steps++
			}
		}
		moved += int64(steps)
		_, recorded := payments[e.TransactionID]
		want := quarantine.Resolved
		switch {
		case w.rival[e.ID]:
			want = quarantine.Discarded
		case w.bad[e.ID] || w.id == "":
			want = quarantine.Held
		}
		// A late copy of what was discarded in the end is held again, not recorded.
		if e.State != want && (!w.rival[e.ID] || e.State != quarantine.Held) {
			w.t.Errorf("entry %s is %s, want %s", e.ID, e.State, want)
		}
		if recorded != (want == quarantine.Resolved) || steps > 1 {
			w.t.Errorf("entry %s, wanted %s: recorded %t, moved %d times", e.ID, want, recorded, steps)
		}
	}
	if w.id == "" {
		return
	}
	if row, err := redrive.Find(w.h.ctx, w.h.memory.Reader(), w.id); err != nil || row.Moved != moved {
		w.t.Errorf("the row counts %d moved (%v), the history %d", row.Moved, err, moved)
	}
}
