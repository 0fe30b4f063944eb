package recorder

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// mostWords bounds what is kept of an error, in bytes. A server may say it in an
// encoding of its own, which no store would take: then the transaction that is
// to end the outage would fail for ever.
const mostWords = 1024

// watch follows whether one component answers. However many goroutines meet
// the outage, it is one: begun by the first failure, ended by the first answer
// to each of those who met it, and logged once at each end.
type watch struct {
	log       *slog.Logger
	now       func() time.Time
	recorder  string
	component store.Component
	target    string

	mu      sync.Mutex
	current *store.Outage   // nil while the component answers
	failing map[string]bool // who met it and had no answer since
	saidAt  time.Time
	total   int64
	changed chan struct{}  // a token for the chronicler: begun or ended
	unsaved []store.Outage // ended, and not written yet
	over    *ended         // its story is not told yet

	// settled tells how many deliveries are done with; nil where no story is told.
	settled func() int64
}

// ended is an outage, and what was done with when it ended.
type ended struct {
	store.Outage
	settled int64
}

func newWatch(c *Config, component store.Component, target string) *watch {
	return &watch{log: c.Log, now: c.now, recorder: c.ID, component: component, target: target,
		failing: map[string]bool{}, changed: make(chan struct{}, 1)}
}

// failed notes that the component did not answer who.
func (w *watch) failed(who string, cause error) {
	now := w.now()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failing[who] = true
	if w.current == nil {
		w.total++
		w.current = &store.Outage{ID: fmt.Sprintf("%s/%s/%d", w.recorder, w.component, w.total),
			Recorder: w.recorder, Component: w.component, Target: w.target, BeganAt: now}
		w.saidAt = time.Now()
		w.log.Warn(string(w.component)+" does not answer; waiting for it, nothing is lost",
			string(w.component), w.target, "error", cause)
		give(w.changed)
	}
	o := w.current
	o.Attempts++
	o.SeenAt, o.LastError = now, quarantine.Text(cause.Error(), mostWords)
}

// lasting returns the outage if it is to be told again.
func (w *watch) lasting(now time.Time) (o store.Outage, due bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == nil || now.Sub(w.saidAt) < stillEvery {
		return o, false
	}
	w.saidAt = now
	return *w.current, true
}

// story returns the outage that ended last, once, or nil.
func (w *watch) story() *ended {
	w.mu.Lock()
	defer w.mu.Unlock()
	over := w.over
	w.over = nil
	return over
}

// answered notes that the component answered who. written says that the end of
// the outage is in the database already; otherwise the chronicler writes it.
func (w *watch) answered(who string, written bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == nil {
		return
	}
	if delete(w.failing, who); len(w.failing) > 0 {
		return
	}
	o := *w.current
	end(&o, w.now())
	w.current = nil
	if w.settled != nil {
		w.over = &ended{o, w.settled()}
	}
	if !written {
		w.unsaved = append(w.unsaved, o)
		give(w.changed)
	}
	w.log.Info(string(w.component)+" answers again", string(w.component), w.target,
		"elapsed_ms", o.EndedAt.Sub(o.BeganAt).Milliseconds(), "attempt", o.Attempts)
}

// ending returns the outage as it will stand if the transaction that is being
// made now commits, and whether there is one.
func (w *watch) ending(now time.Time) (store.Outage, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current == nil {
		return store.Outage{}, false
	}
	o := *w.current
	end(&o, now)
	return o, true
}

// end ends an outage at the time, which by a clock that was set back may be
// before it began.
func end(o *store.Outage, at time.Time) {
	if at.Before(o.BeganAt) {
		at = o.BeganAt
	}
	o.SeenAt, o.EndedAt = at, at
}

// isDown reports whether who waits for an answer.
func (w *watch) isDown(who string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failing[who]
}

// wait notes a failure and waits for d. It fails when ctx ends.
func (w *watch) wait(ctx context.Context, who string, cause error, d time.Duration) error {
	if ctx.Err() == nil { // an end of our own is no outage
		w.failed(who, cause)
	}
	sleep(ctx, d)
	return ctx.Err()
}

// unwritten returns the outages that ended since the last call, and the one
// that lasts.
func (w *watch) unwritten() []store.Outage {
	w.mu.Lock()
	defer w.mu.Unlock()
	os := w.unsaved
	w.unsaved = nil
	if w.current != nil {
		os = append(os, *w.current)
	}
	return os
}

// state returns how many outages there were, and why the component does not
// answer now, empty when it does.
func (w *watch) state() (total int64, why string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.current != nil {
		why = w.current.LastError
	}
	return w.total, why
}
