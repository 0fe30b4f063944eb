package rabbitmq

import (
	"context"
	"errors"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/queue"
)

var errTooMuch = errors.New("more bytes than wanted came: consuming with a smaller prefetch")

// begin makes the next generation.
func (s *source) begin(ctx context.Context) (*generation, error) {
	session, err := s.b.consuming.get(ctx)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	prefetch := s.size.prefetch
	s.mu.Unlock()
	g, err := consume(ctx, session, s.from, prefetch)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	if !s.closed {
		s.gen = g
		s.trouble.end()
		s.mu.Unlock()
		return g, nil
	}
	s.mu.Unlock()
	go drain(g.deliveries)
	g.drop()
	return nil, queue.ErrClosed
}

// run pumps one generation after the other until ctx ends.
func (s *source) run(ctx context.Context, g *generation) {
	waits := attempts()
	for {
		err := s.pump(g)
		s.lose(ctx, g, err)
		if g.age() > longestWait || g.worked() {
			waits.Reset()
		}
		for g = nil; g == nil; {
			if sleep(ctx, waits.NextBackOff()) != nil {
				return
			}
			if g, err = s.begin(ctx); err != nil {
				s.raise(err)
			}
		}
	}
}

// lose makes all receipts of a generation stale: the broker takes everything
// back, and delivers it again. An ack after the word to close the channel would
// cost the connection, so it waits for one that is being sent.
func (s *source) lose(ctx context.Context, g *generation, err error) {
	s.turn.Lock()
	s.mu.Lock()
	closed := s.closed
	s.gen = nil
	s.mu.Unlock()
	s.turn.Unlock()
	if closed {
		return
	}
	s.raise(err)
	if !g.ch.IsClosed() {
		_ = g.close(ctx) // what does not close in time is given up with its connection
	}
}

// raise notes why nothing comes, and tells Receive if it lasts.
func (s *source) raise(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble.raise(err) {
		time.AfterFunc(outageAfter, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.news()
		})
	}
}

const longestBurst = 128

// pump moves deliveries into the buffer until the channel or the consumer ends,
// and returns why.
func (s *source) pump(g *generation) error {
	burst := make([]amqp.Delivery, 0, longestBurst)
	for d := range g.deliveries {
		burst = append(burst, d)
		for more := true; more && len(burst) < longestBurst; {
			select {
			case d, ok := <-g.deliveries:
				if more = ok; ok {
					burst = append(burst, d)
				}
			default:
				more = false
			}
		}
		if err := s.put(g, burst); err != nil {
			go drain(g.deliveries) // until the channel is closed
			return err
		}
		clear(burst)
		burst = burst[:0]
	}
	return g.why()
}

func drain(deliveries <-chan amqp.Delivery) {
	for range deliveries {
		continue // a moment of the past: the broker delivers it again
	}
}

// put decodes deliveries and puts them into the buffer.
func (s *source) put(g *generation, burst []amqp.Delivery) error {
	ds := make([]queue.Delivery, len(burst))
	receipts := make([]receipt, len(burst)) // one allocation for all
	for i := range burst {
		d := &burst[i]
		if isStream(d) {
			return errStream
		}
		receipts[i] = receipt{g, d.DeliveryTag}
		ds[i].Message = decode(d, s.from)
		ds[i].Attempt = attempt(d)
		ds[i].Position = position(s.from, ds[i].ID, g.began, d.DeliveryTag)
		ds[i].Receipt = &receipts[i]
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range burst {
		size := len(burst[i].Body)
		s.size.saw(size)
		if tag := g.tags.add(size); tag != burst[i].DeliveryTag {
			return unexpectedTag(burst[i].DeliveryTag, tag)
		}
	}
	if s.size.tooMuch(g.tags.held, g.tags.bytes) {
		s.size.shrink()
		return errTooMuch
	}
	g.buffer = append(g.buffer, ds...)
	s.news()
	return nil
}
