// Package kafka is the queue on Apache Kafka and on what speaks its protocol: a
// topic that a consumer group shares.
//
// What is handed out belongs to an assignment: one partition for as long as the
// group leaves it to one source. Of each only the prefix that is settled in the
// order of delivery is committed; acks of an earlier assignment go nowhere.
package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
)

// Options are what an address does not say.
type Options struct {
	// Log is told of rebalances, of messages that were deleted before they were
	// recorded, and at level debug what the client library says. Nil: silence.
	Log *slog.Logger
}

// Broker is one topic of one cluster, read by one consumer group.
type Broker struct {
	place  place
	log    *slog.Logger
	client *kgo.Client // for questions
	admin  *kadm.Client
	wires  *wires

	mu     sync.Mutex
	closed bool
	ends   map[closer]bool // open sources and publishers
}

type closer interface{ Close(context.Context) error }

// Source opens a source: a member of the group. Kafka has no dead letters.
func (b *Broker) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if err := b.usable(); err != nil {
		return nil, err
	}
	if w.DeadLetters {
		return nil, queue.ErrNoDeadLetters
	}
	s, err := b.openSource(ctx, w)
	if err != nil {
		return nil, b.refused(sourcing, err)
	}
	return s, b.keep(ctx, s)
}

// Publisher opens a publisher to the topic.
func (b *Broker) Publisher(ctx context.Context) (queue.Publisher, error) {
	if err := b.usable(); err != nil {
		return nil, err
	}
	p, err := b.openPublisher(ctx)
	if err != nil {
		return nil, b.refused(publishes, err)
	}
	return p, b.keep(ctx, p)
}

// Close commits what was settled, leaves the group and ends the connections.
func (b *Broker) Close(ctx context.Context) error {
	b.mu.Lock()
	if b.closed {
		b.mu.Unlock()
		return nil
	}
	b.closed = true
	ends := b.ends
	b.ends = nil
	b.mu.Unlock()
	var errs []error
	for end := range ends {
		errs = append(errs, end.Close(ctx))
	}
	b.client.Close()
	return errors.Join(errs...)
}

func (b *Broker) usable() error {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.closed {
		return b.closedError()
	}
	return nil
}

func (b *Broker) closedError() error {
	return fmt.Errorf("queue %s: %w", b.place.target, queue.ErrClosed)
}

// keep remembers end, to close it with the broker.
func (b *Broker) keep(ctx context.Context, end closer) error {
	b.mu.Lock()
	if !b.closed {
		b.ends[end] = true
		b.mu.Unlock()
		return nil
	}
	b.mu.Unlock()
	_ = end.Close(ctx)
	return b.closedError()
}

func (b *Broker) forget(end closer) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.ends, end)
}

// sources are those of this broker that are open.
func (b *Broker) sources() []*source {
	b.mu.Lock()
	defer b.mu.Unlock()
	var all []*source
	for end := range b.ends {
		if s, ok := end.(*source); ok {
			all = append(all, s)
		}
	}
	return all
}
