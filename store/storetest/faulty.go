package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"recibo/quarantine"
	"recibo/store"
)

// Faulty wraps a store and makes it fail on command. Its methods may be called
// while transactions run. The zero faults let everything pass.
type Faulty struct {
	store.Store

	mu       sync.Mutex
	down     error
	queued   []fault // one for each of the next Updates
	refuse   func(*store.Payment) string
	most     int
	above    store.Class
	hooks    Hooks
	attempts int
}

// Hooks are called around each Update that is tried, in this order. Nil ones
// are skipped.
type Hooks struct {
	Before func(context.Context) error           // an error: nothing is begun
	Inside func(context.Context, store.Tx) error // after fn, before the commit; an error rolls back
	After  func(err error) error                 // what Update returns instead of err
}

// fault is what goes wrong with one Update.
type fault struct {
	class  store.Class
	commit bool // the transaction is run, and committed, nevertheless
	run    bool // the transaction is run, and rolled back
}

// NewFaulty wraps s.
func NewFaulty(s store.Store) *Faulty { return &Faulty{Store: s} }

// FailNext makes the next n Updates fail with class before they begin.
func (f *Faulty) FailNext(n int, class store.Class) { f.queue(n, fault{class: class}) }

// LoseReplies lets the next n Updates commit and reports each as
// store.ClassUnknownCommit.
func (f *Faulty) LoseReplies(n int) {
	f.queue(n, fault{class: store.ClassUnknownCommit, commit: true})
}

// LoseCommits rolls the next n Updates back after all their writes and reports
// each as store.ClassUnknownCommit.
func (f *Faulty) LoseCommits(n int) { f.queue(n, fault{class: store.ClassUnknownCommit, run: true}) }

func (f *Faulty) queue(n int, one fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for range n {
		f.queued = append(f.queued, one)
	}
}

// RefusePayments makes Record fail with store.ClassData for every payment for
// which words returns a text; the text is the error's. Nil refuses none.
func (f *Faulty) RefusePayments(words func(*store.Payment) string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.refuse = words
}

// RefuseAbove makes Record fail with class when it is given more than most
// payments; ClassTooBig and ClassTooSlow are meant. Zero lets all pass.
func (f *Faulty) RefuseAbove(most int, class store.Class) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.most, f.above = most, class
}

// Hook replaces the hooks.
func (f *Faulty) Hook(h Hooks) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.hooks = h
}

// Down makes everything fail with an outage of these words, a transaction that
// is open now at its commit.
func (f *Faulty) Down(words string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = &store.Error{Class: store.ClassOutage, Op: "connect", Err: errors.New(words)}
}

// Heal ends every fault, also those that were still to come.
func (f *Faulty) Heal() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down, f.queued, f.refuse, f.most = nil, nil, nil, 0
}

// Up ends the outage.
func (f *Faulty) Up() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.down = nil
}

// Attempts returns how often Update was called.
func (f *Faulty) Attempts() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.attempts
}

// Update runs fn on the wrapped store with the faults that are due.
func (f *Faulty) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	one, hooks, down := f.begin()
	if down != nil {
		return down
	}
	if hooks.Before != nil {
		if err := hooks.Before(ctx); err != nil {
			return err
		}
	}
	err := f.run(ctx, one, hooks, fn)
	if hooks.After != nil {
		return hooks.After(err)
	}
	return err
}

// begin counts the attempt and takes the fault that is due.
func (f *Faulty) begin() (*fault, Hooks, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.attempts++
	if f.down != nil {
		return nil, f.hooks, f.down
	}
	if len(f.queued) == 0 {
		return nil, f.hooks, nil
	}
	one := f.queued[0]
	f.queued = f.queued[1:]
	return &one, f.hooks, nil
}

func (f *Faulty) run(ctx context.Context, one *fault, hooks Hooks, fn func(context.Context, store.Tx) error) error {
	if one != nil && !one.commit && !one.run {
		return injected(one.class)
	}
	err := f.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := fn(ctx, &faultyTx{Tx: tx, f: f}); err != nil {
			return err
		}
		if hooks.Inside != nil {
			if err := hooks.Inside(ctx, tx); err != nil {
				return err
			}
		}
		if one != nil && one.run {
			return injected(one.class)
		}
		return f.isDown()
	})
	if err == nil && one != nil {
		return injected(one.class)
	}
	return err
}

func (f *Faulty) isDown() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.down
}

func injected(class store.Class) error {
	return &store.Error{Class: class, Op: "commit", Err: errors.New("injected: " + class.String())}
}

// Check fails while the store is down.
func (f *Faulty) Check(ctx context.Context) error {
	if err := f.isDown(); err != nil {
		return err
	}
	return f.Store.Check(ctx)
}

// faultyTx refuses payments.
type faultyTx struct {
	store.Tx
	f *Faulty
}

func (t *faultyTx) Record(ctx context.Context, ps []store.Payment) ([]store.Outcome, error) {
	if err := t.f.refused(ps); err != nil {
		return nil, err
	}
	return t.Tx.Record(ctx, ps)
}

// Control passes on.
func (t *faultyTx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	return store.Controls(t.Tx).Control(ctx, cs)
}

// Redrive passes on.
func (t *faultyTx) Redrive(ctx context.Context, r store.Redrive) (bool, error) {
	return store.Desk(t.Tx).Redrive(ctx, r)
}

// Mend passes on.
func (t *faultyTx) Mend(ctx context.Context, m quarantine.Mending) (bool, error) {
	return store.Desk(t.Tx).Mend(ctx, m)
}

// Purge passes on.
func (t *faultyTx) Purge(ctx context.Context, ids []string) (int64, error) {
	return store.Desk(t.Tx).Purge(ctx, ids)
}

func (f *Faulty) refused(ps []store.Payment) error {
	f.mu.Lock()
	most, class, words := f.most, f.above, f.refuse
	f.mu.Unlock()
	op := fmt.Sprintf("record %d payments", len(ps))
	if most > 0 && len(ps) > most {
		return &store.Error{Class: class, Op: op, Err: errors.New("injected: " + class.String())}
	}
	for i := range ps {
		if words == nil {
			break
		}
		if text := words(&ps[i]); text != "" {
			return &store.Error{Class: store.ClassData, Op: op, Err: errors.New(text)}
		}
	}
	return nil
}
