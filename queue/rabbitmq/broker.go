// Package rabbitmq is the queue on RabbitMQ, over AMQP 0-9-1: a durable quorum
// queue with a queue of dead letters, or any queue of the user's.
//
// What is handed out belongs to a generation: one channel of one connection. A
// connection that breaks is made again for ever, the broker redelivers what was
// not acked, and acks of an earlier generation go nowhere.
package rabbitmq

import (
	"context"
	"log/slog"
	"sync/atomic"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/queue"
	"recibo/queue/adapter"
)

// Options are what an address does not say.
type Options struct {
	// Log is told when the broker blocks publishers, and when Setup finds a
	// queue that an earlier server made with fewer properties. Nil: silence.
	Log *slog.Logger
}

// Broker is one queue of one server. Consuming and publishing have a
// connection each: one that the server has blocked must not hold up acks.
type Broker struct {
	place      place
	log        *slog.Logger
	consuming  *link
	publishing *link
	known      atomic.Bool // Setup has seen that the queues are of a kind that can be consumed
	ends       *adapter.Ends
}

func newBroker(p place, o Options) *Broker {
	b := &Broker{place: p, log: o.Log, ends: adapter.NewEnds(p.target)}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	b.consuming = newLink(&b.place, "recibo consumes", b.log)
	b.publishing = newLink(&b.place, "recibo publishes", b.log)
	return b
}

// Source opens a source of the queue, or of its dead letters: ErrNoDeadLetters
// when there is no such queue and the address does not name one.
func (b *Broker) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if err := b.ends.Usable(); err != nil {
		return nil, err
	}
	s, err := b.openSource(ctx, w)
	if err != nil {
		return nil, b.refused(sourcing, err)
	}
	return s, b.ends.Keep(ctx, s)
}

// Publisher opens a publisher to the queue.
func (b *Broker) Publisher(ctx context.Context) (queue.Publisher, error) {
	if err := b.ends.Usable(); err != nil {
		return nil, err
	}
	p, err := b.openPublisher(ctx)
	if err != nil {
		return nil, b.refused(publishes, err)
	}
	return p, b.ends.Keep(ctx, p)
}

// Depth tells what is ready. What is in flight, and how old the oldest is,
// AMQP does not tell.
func (b *Broker) Depth(ctx context.Context) (queue.Depth, error) {
	if err := b.ends.Usable(); err != nil {
		return queue.Depth{}, err
	}
	ready, err := b.ready(ctx)
	if err != nil {
		return queue.Depth{}, b.refused(depth, err)
	}
	return queue.Depth{Ready: &ready}, nil
}

func (b *Broker) ready(ctx context.Context) (int64, error) {
	s, err := b.consuming.get(ctx)
	if err != nil {
		return 0, err
	}
	q, err := inspect(ctx, s, b.place.queue)
	return int64(q.Messages), err
}

// inspect looks at a queue, which needs no rights; an error if it is not there.
func inspect(ctx context.Context, s *session, name string) (amqp.Queue, error) {
	return ask(ctx, s, func(ch *amqp.Channel) (amqp.Queue, error) {
		return ch.QueueDeclarePassive(name, false, false, false, false, nil)
	})
}

// Close releases what open sources hold and ends the connections.
func (b *Broker) Close(ctx context.Context) error {
	first, err := b.ends.Shut(ctx)
	if !first {
		return nil
	}
	b.publishing.close(ctx)
	b.consuming.close(ctx)
	return err
}
