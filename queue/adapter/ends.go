package adapter

import (
	"context"
	"fmt"
	"sync"

	"recibo/queue"
)

// End is an open source or publisher. It must be comparable: a pointer.
type End interface{ Close(context.Context) error }

// Ends are those of a broker that are open, to be closed with it. Its methods
// may be called by several goroutines at once.
type Ends struct {
	target string

	mu     sync.Mutex
	closed bool
	open   map[End]bool
}

// NewEnds are none yet. Target is the queue's address in errors, without a
// secret.
func NewEnds(target string) *Ends { return &Ends{target: target, open: map[End]bool{}} }

// Usable returns an error that wraps queue.ErrClosed once Shut was called.
func (e *Ends) Usable() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.usable()
}

func (e *Ends) usable() error {
	if e.closed {
		return fmt.Errorf("queue %s: %w", e.target, queue.ErrClosed)
	}
	return nil
}

// Keep remembers end. Where the broker was closed meanwhile it closes end at
// once, and returns the error of Usable.
func (e *Ends) Keep(ctx context.Context, end End) error {
	e.mu.Lock()
	err := e.usable()
	if err == nil {
		e.open[end] = true
	}
	e.mu.Unlock()
	if err != nil {
		_ = end.Close(ctx)
	}
	return err
}

// Forget is for an end that has closed.
func (e *Ends) Forget(end End) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.open, end)
}

// Open are the ends that are open now, in no order.
func (e *Ends) Open() []End {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]End, 0, len(e.open))
	for end := range e.open {
		all = append(all, end)
	}
	return all
}

// Shut closes all ends and lets no more be kept. It returns the first error;
// first is false, and nothing is done, at any later call.
func (e *Ends) Shut(ctx context.Context) (first bool, err error) {
	e.mu.Lock()
	if e.closed {
		e.mu.Unlock()
		return false, nil
	}
	e.closed = true
	ends := e.open
	e.open = nil
	e.mu.Unlock()
	for end := range ends {
		if failed := end.Close(ctx); failed != nil && err == nil {
			err = failed
		}
	}
	return true, err
}
