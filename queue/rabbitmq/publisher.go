package rabbitmq

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"recibo/queue"
)

// Bounds of what is on the way to the server unconfirmed, in one call.
const (
	windowMessages = 1000
	windowBytes    = 4 << 20
)

// publisher keeps a lane for each call that runs at the same time as others.
type publisher struct {
	b       *Broker
	largest atomic.Int64 // body that the server takes, once it has said so; 0: not known

	closing sync.Once
	closed  chan struct{}
	mu      sync.Mutex
	idle    []*lane
}

func (b *Broker) openPublisher(ctx context.Context) (*publisher, error) {
	p := &publisher{b: b, closed: make(chan struct{})}
	l, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	if _, err = inspect(ctx, l.session, b.place.queue); err == nil {
		err = l.try(ctx)
	}
	if err != nil {
		l.drop()
		return nil, err
	}
	p.giveBack(l)
	return p, nil
}

// Publish returns nil once the broker has all messages, written to disk by a
// majority of its nodes where the queue is a quorum queue.
func (p *publisher) Publish(ctx context.Context, ms []queue.Message) error {
	if err := p.usable(ctx); err != nil {
		return refuseAll(len(ms), err)
	}
	if len(ms) == 0 {
		return nil
	}
	l, err := p.take(ctx)
	if err != nil {
		return refuseAll(len(ms), fmt.Errorf("publish to %s: %w", p.b.place.target, err))
	}
	call := &publishing{p: p, ctx: ctx, lane: l, ms: ms}
	call.run()
	if call.clean() {
		p.giveBack(l)
	} else {
		l.drop()
	}
	return call.result()
}

func refuseAll(n int, err error) error {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return &queue.PartialError{Refused: all, Err: err}
}

func (p *publisher) usable(ctx context.Context) error {
	if over(p.closed) {
		return fmt.Errorf("publisher of %s: %w", p.b.place.target, queue.ErrClosed)
	}
	return ctx.Err()
}

// take returns a lane that nobody else has.
func (p *publisher) take(ctx context.Context) (*lane, error) {
	p.mu.Lock()
	for len(p.idle) > 0 {
		l := p.idle[len(p.idle)-1]
		p.idle = p.idle[:len(p.idle)-1]
		if !l.ch.IsClosed() {
			p.mu.Unlock()
			return l, nil
		}
	}
	p.mu.Unlock()
	s, err := p.b.publishing.get(ctx)
	if err != nil {
		return nil, err
	}
	if err := s.awaitFree(ctx); err != nil {
		return nil, err
	}
	return openLane(ctx, s)
}

func (p *publisher) giveBack(l *lane) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if over(p.closed) {
		l.drop()
		return
	}
	p.idle = append(p.idle, l)
}

// Close ends what still waits for a confirm.
func (p *publisher) Close(ctx context.Context) error {
	var err error
	p.closing.Do(func() {
		p.mu.Lock()
		close(p.closed)
		idle := p.idle
		p.idle = nil
		p.mu.Unlock()
		for _, l := range idle {
			if e := l.close(ctx); e != nil && err == nil {
				err = fmt.Errorf("publisher of %s: close: %w", p.b.place.target, e)
			}
		}
		p.b.ends.Forget(p)
	})
	return err
}
