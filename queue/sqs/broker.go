// Package sqs is the queue on Amazon SQS and what speaks its protocol: a
// standard or FIFO queue with a queue of dead letters, or any queue of the
// user's.
//
// What was received is hidden from others for a time, and kept hidden by
// heartbeats from the moment it came until it is acked or given back. SQS
// promises at least one delivery, and batches whose parts fail one by one: both
// are dealt with here.
package sqs

import (
	"context"
	"fmt"
	"log/slog"
	"strconv"
	"sync"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
	"recibo/queue/adapter"
)

// Options are what an address does not say.
type Options struct {
	// Log is told what of a message was lost to its visibility timeout. Nil:
	// silence.
	Log *slog.Logger
}

// Broker is one queue of one account and region.
type Broker struct {
	place place
	log   *slog.Logger
	api   *aws.Client
	hang  func() // closes idle connections
	ends  *adapter.Ends

	mu   sync.Mutex
	urls map[string]string // of queues, by name
}

// Source opens a source of the queue, or of its dead letters: ErrNoDeadLetters
// when the queue has no redrive policy and the address names none.
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

// Depth tells what is ready, delayed messages among it, and what is in flight.
// SQS counts approximately and some seconds late. The age of the oldest is told
// by CloudWatch alone.
func (b *Broker) Depth(ctx context.Context) (queue.Depth, error) {
	if err := b.ends.Usable(); err != nil {
		return queue.Depth{}, err
	}
	ready, inFlight, err := b.count(ctx)
	if err != nil {
		return queue.Depth{}, b.refused(depth, err)
	}
	return queue.Depth{Ready: &ready, InFlight: &inFlight}, nil
}

func (b *Broker) count(ctx context.Context) (ready, inFlight int64, err error) {
	url, err := b.url(ctx, b.place.queue, b.place.account)
	if err != nil {
		return 0, 0, err
	}
	names := []types.QueueAttributeName{
		types.QueueAttributeNameApproximateNumberOfMessages,
		types.QueueAttributeNameApproximateNumberOfMessagesDelayed,
		types.QueueAttributeNameApproximateNumberOfMessagesNotVisible,
	}
	told, err := b.attributes(ctx, url, names...)
	if err != nil {
		return 0, 0, err
	}
	var n [3]int64
	for i, name := range names {
		if n[i], err = strconv.ParseInt(told[string(name)], 10, 64); err != nil {
			return 0, 0, fmt.Errorf("%s: %w", name, err)
		}
	}
	return n[0] + n[1], n[2], nil
}

// Close releases what open sources hold.
func (b *Broker) Close(ctx context.Context) error {
	first, err := b.ends.Shut(ctx)
	if !first {
		return nil
	}
	b.hang()
	return err
}
