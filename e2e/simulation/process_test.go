package simulation_test

import (
	"context"
	"errors"
	"sync"
	"time"

	"recibo/queue"
	"recibo/store"
)

var errDead = errors.New("this process is dead")

// process is one process, as queue and store see it: a countdown of the calls
// until it dies. What it does after its death reaches nobody, but for the
// closing of its connections, which broker and database notice.
type process struct {
	world *world
	name  int
	ctx   context.Context
	die   context.CancelFunc

	mu    sync.Mutex
	left  int // calls; negative: it dies when it is told to
	calls int
	dead  bool
}

// process makes one that dies at its nth call, or not before it is told to if
// n is 0.
func (w *world) process(n int) *process {
	w.names++
	p := &process{world: w, name: w.names, left: n - 1}
	p.ctx, p.die = context.WithCancel(w.t.Context())
	return p
}

func (p *process) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.dead = true
	p.die()
}

// call counts a point at which the process may die, and reports whether it goes
// on. Each takes a while of its own, so that what several processes do is mixed,
// and in the same way each time.
func (p *process) call() error {
	p.mu.Lock()
	p.calls++
	n := uint32(p.name*7919 + p.calls*104729)
	p.mu.Unlock()
	time.Sleep(time.Duration(n*2654435761>>20) * 2 * time.Microsecond) // up to 8 ms
	p.mu.Lock()
	if p.left == 0 {
		p.dead = true
		p.die()
	}
	if p.left >= 0 {
		p.left--
	}
	dead := p.dead
	p.mu.Unlock()
	if dead {
		return errDead
	}
	return nil
}

// mortalStore is the store of a process: it may die before a transaction, with
// all of it written, or before the answer to its commit.
type mortalStore struct {
	store.Store
	p *process
}

func (s mortalStore) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if err := s.p.call(); err != nil {
		return &store.Error{Class: store.ClassOutage, Op: "begin", Err: err}
	}
	err := s.Store.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if err := fn(ctx, tx); err != nil {
			return err
		}
		return s.p.call()
	})
	if dead := s.p.call(); dead != nil {
		return &store.Error{Class: store.ClassUnknownCommit, Op: "commit", Err: dead}
	}
	return err
}

// Close leaves the database to the others.
func (s mortalStore) Close() error { return nil }

// mortalBroker is the queue of a process: it may die before and after each call.
type mortalBroker struct {
	queue.Broker
	p *process
}

func (b mortalBroker) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if err := b.p.call(); err != nil {
		return nil, err
	}
	s, err := b.Broker.Source(ctx, w)
	if err != nil {
		return nil, err
	}
	return mortalSource{s, b.p}, nil
}

func (b mortalBroker) Publisher(ctx context.Context) (queue.Publisher, error) {
	p, err := b.Broker.Publisher(ctx)
	if err != nil {
		return nil, err
	}
	return mortalPublisher{p, b.p}, nil
}

type mortalSource struct {
	queue.Source
	p *process
}

func (s mortalSource) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	if err := s.p.call(); err != nil {
		return nil, err
	}
	ds, err := s.Source.Receive(ctx, limit)
	if dead := s.p.call(); dead != nil {
		return nil, dead
	}
	s.p.world.handed(len(ds))
	return ds, err
}

func (s mortalSource) Ack(ctx context.Context, ds []queue.Delivery) error {
	if err := s.p.call(); err != nil {
		return err
	}
	s.p.world.acked(ds)
	err := s.Source.Ack(ctx, ds)
	if dead := s.p.call(); dead != nil {
		return dead
	}
	return err
}

type mortalPublisher struct {
	queue.Publisher
	p *process
}

func (s mortalPublisher) Publish(ctx context.Context, ms []queue.Message) error {
	if err := s.p.call(); err != nil {
		return &queue.PartialError{Refused: indexes(len(ms)), Err: err}
	}
	s.p.world.published(ms)
	err := s.Publisher.Publish(ctx, ms)
	if dead := s.p.call(); dead != nil {
		return &queue.PartialError{Unknown: indexes(len(ms)), Err: dead}
	}
	return err
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
