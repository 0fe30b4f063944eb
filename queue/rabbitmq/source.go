package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"recibo/queue"
)

const defaultWant = 1000 // messages, where nobody says how many

// source consumes for ever, generation after generation, into a bounded
// buffer.
type source struct {
	b    *Broker
	from string // the queue
	want queue.Want
	size sizing
	stop context.CancelFunc
	wait sync.WaitGroup // the goroutine that stop ends

	turn sync.Mutex // one at a time acks: the order of tags matters

	mu      sync.Mutex
	gen     *generation // nil while there is none
	trouble trouble
	closed  bool
	waiting int           // calls of Receive
	changed chan struct{} // closed and replaced when there is news for those
}

func (b *Broker) openSource(ctx context.Context, w queue.Want) (*source, error) {
	s := &source{b: b, from: b.place.queue, want: w, changed: make(chan struct{})}
	if w.DeadLetters {
		s.from = b.place.deadLetters
	}
	if s.want.Messages <= 0 {
		s.want.Messages = defaultWant
	}
	s.size = newSizing(s.want)
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	first, err := s.begin(ctx)
	if err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.wait.Go(func() { s.run(running, first) })
	return s, nil
}

// check finds out whether the queue is there and can be consumed.
func (s *source) check(ctx context.Context) error {
	session, err := s.b.consuming.get(ctx)
	if err != nil {
		return err
	}
	_, err = inspect(ctx, session, s.from)
	switch {
	case missing(err) && s.want.DeadLetters && !s.b.place.deadNamed:
		return queue.ErrNoDeadLetters
	case err != nil:
		return err
	case s.b.known.Load():
		return nil
	}
	return probe(ctx, session, s.from)
}

// Receive waits for what the broker delivers. While it is away for longer than
// a moment, that is an error.
func (s *source) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	for {
		ds, changed, err := s.look(ctx, limit)
		if err != nil || len(ds) > 0 {
			return ds, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	}
}

// look returns what is there, or why nothing will come, or when to look again:
// its caller is then one that waits.
func (s *source) look(ctx context.Context, limit int) ([]queue.Delivery, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, fmt.Errorf("source of %s: %w", s.b.place.target, queue.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if s.gen != nil {
		if ds := s.gen.take(limit); len(ds) > 0 {
			return ds, nil, nil
		}
	}
	if outage := s.trouble.lasting(time.Now()); outage != nil {
		return nil, nil, fmt.Errorf("queue %s: receive: %w", s.b.place.target, outage)
	}
	s.waiting++
	return nil, s.changed, nil
}

// news wakes every Receive that waits.
func (s *source) news() {
	if s.waiting > 0 {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// Close acks what was settled, and has the broker take back the rest at once.
func (s *source) Close(ctx context.Context) error {
	s.turn.Lock()
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		s.turn.Unlock()
		return nil
	}
	s.closed = true
	g := s.gen
	var upTo uint64
	var late []uint64
	if g != nil {
		upTo, late = g.sweep(), g.tags.overdue(g.age(), 0)
	}
	s.news()
	s.mu.Unlock()
	var err error
	if g != nil {
		g.ackAll(upTo, late)
		if err = g.close(ctx); err != nil && ctx.Err() != nil {
			g.session.kill(err) // which has everything taken back, too
		}
	}
	s.turn.Unlock()
	s.stop()
	s.wait.Wait()
	s.b.ends.Forget(s)
	if err != nil && !errors.Is(err, errLost) { // a broken connection has released everything too
		return fmt.Errorf("queue %s: release: %w", s.b.place.target, err)
	}
	return nil
}
