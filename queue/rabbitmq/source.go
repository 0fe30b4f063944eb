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
	if err := s.look(ctx); err != nil {
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

// look finds out whether the queue is there and can be consumed.
func (s *source) look(ctx context.Context) error {
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
		s.mu.Lock()
		ds := s.handOut(ctx, limit)
		closed, outage := s.closed, s.trouble.lasting(time.Now())
		s.waiting++
		changed := s.changed
		s.mu.Unlock()
		var err error
		switch {
		case closed:
			err = fmt.Errorf("source of %s: %w", s.b.place.target, queue.ErrClosed)
		case ctx.Err() != nil:
			err = ctx.Err()
		case len(ds) == 0 && outage != nil:
			err = fmt.Errorf("queue %s: receive: %w", s.b.place.target, outage)
		}
		if err == nil && len(ds) == 0 {
			select {
			case <-changed:
			case <-ctx.Done():
			}
		}
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
		if err != nil || len(ds) > 0 {
			return ds, err
		}
	}
}

// handOut takes from the buffer, for a caller that is still there.
func (s *source) handOut(ctx context.Context, limit int) []queue.Delivery {
	if s.closed || s.gen == nil || ctx.Err() != nil {
		return nil
	}
	return s.gen.take(limit)
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
		err = g.close(ctx)
	}
	s.turn.Unlock()
	s.stop()
	s.wait.Wait()
	s.b.forget(s)
	if err != nil && !errors.Is(err, errLost) { // a broken connection has released everything too
		return fmt.Errorf("queue %s: release: %w", s.b.place.target, err)
	}
	return nil
}
