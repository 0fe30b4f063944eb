// Package kafka is the queue on Apache Kafka and on what speaks its protocol: a
// topic that a consumer group shares.
//
// What is handed out belongs to an assignment: one partition for as long as the
// group leaves it to one source. Of each only the prefix that is settled in the
// order of delivery is committed; acks of an earlier assignment go nowhere.
package kafka

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
	"recibo/queue/adapter"
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
	ends   *adapter.Ends
}

// Source opens a source: a member of the group. Kafka has no dead letters.
func (b *Broker) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if err := b.ends.Usable(); err != nil {
		return nil, err
	}
	if w.DeadLetters {
		return nil, queue.ErrNoDeadLetters
	}
	s, err := b.openSource(ctx, w)
	if err != nil {
		return nil, b.refused(sourcing, err)
	}
	return s, b.ends.Keep(ctx, s)
}

// Publisher opens a publisher to the topic.
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

// Close commits what was settled, leaves the group and ends the connections.
func (b *Broker) Close(ctx context.Context) error {
	first, err := b.ends.Shut(ctx)
	if !first {
		return nil
	}
	b.client.Close()
	return err
}

// sources are those of this broker that are open.
func (b *Broker) sources() []*source {
	var all []*source
	for _, end := range b.ends.Open() {
		if s, ok := end.(*source); ok {
			all = append(all, s)
		}
	}
	return all
}
