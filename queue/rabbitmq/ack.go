package rabbitmq

import (
	"context"
	"fmt"
	"time"

	"recibo/queue"
)

// Ack tells the broker, which gives no answer: what it has not read when the
// connection breaks comes again.
//
// One frame acks all up to a tag, so acks are gathered: for a moment those that
// follow one another quickly, and a little longer those that wait for earlier
// deliveries. A quorum queue that has many single acks on its hands forgets
// some when the channel is closed.
func (s *source) Ack(_ context.Context, ds []queue.Delivery) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	g := s.gen
	if g == nil || s.closed {
		s.mu.Unlock()
		return nil // taken back: a stale receipt is no error
	}
	g.settle(ds)
	more := g.tags.held == 0 && s.size.grow()
	var upTo uint64
	switch wait := g.ackedAt + ackPace - g.age(); {
	case wait <= 0, more:
		upTo = g.sweep()
	case g.tags.ready() && !g.pacing:
		g.pacing = true
		time.AfterFunc(wait, func() { s.ackPaced(g) })
	}
	s.gather(g)
	if more {
		s.gen = nil // for one with a larger prefetch
	}
	s.mu.Unlock()
	if more {
		defer g.drop() // nothing may be sent on it after that
	}
	if upTo == 0 {
		return nil
	}
	if err := g.ch.Ack(upTo, true); err != nil {
		return fmt.Errorf("queue %s: ack: %w", s.b.place.target, g.session.explain(err))
	}
	return nil
}

// sweep returns up to which tag all may be acked; 0: none.
func (g *generation) sweep() uint64 {
	upTo := g.tags.sweep()
	if upTo != 0 {
		g.ackedAt = g.age()
	}
	return upTo
}

// ackPaced acks what came too soon after the last ack.
func (s *source) ackPaced(g *generation) {
	s.whileCurrent(g, func() func() {
		g.pacing = false
		upTo := g.sweep()
		return func() { g.ackAll(upTo, nil) }
	})
}

// gather has acked one by one, after a while, what waits for earlier
// deliveries in vain.
func (s *source) gather(g *generation) {
	if g.tags.waiting == 0 || g.gathering {
		return
	}
	g.gathering = true
	time.AfterFunc(ackGather, func() {
		s.whileCurrent(g, func() func() {
			g.gathering = false
			late := g.tags.overdue(g.age(), ackGather)
			s.gather(g)
			return func() { g.ackAll(0, late) }
		})
	})
}

// whileCurrent runs choose with the source locked, and what it returns without,
// unless g is no longer what is consumed. In between nobody else acks.
func (s *source) whileCurrent(g *generation, choose func() func()) {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	if s.gen != g || s.closed {
		s.mu.Unlock()
		return
	}
	send := choose()
	s.mu.Unlock()
	send()
}
