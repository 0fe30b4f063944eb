package jetstream

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"recibo/queue"
)

// Depth asks the consumer: what it has not delivered yet, and what it has
// delivered and not heard of. Without a consumer everything is ready.
func (b *Broker) Depth(ctx context.Context) (queue.Depth, error) {
	var d queue.Depth
	err := b.ask(ctx, "depth", func(ctx context.Context) (err error) {
		d, err = b.depth(ctx)
		return err
	})
	return d, err
}

func (b *Broker) depth(ctx context.Context) (queue.Depth, error) {
	var ready, inFlight int64
	var floor uint64
	info, err := b.consumerInfo(ctx)
	switch {
	case errors.Is(err, jetstream.ErrStreamNotFound):
		return queue.Depth{}, errNoStream
	case errors.Is(err, jetstream.ErrConsumerNotFound):
		stream, err := b.streamInfo(ctx)
		if err != nil {
			return queue.Depth{}, err
		}
		ready = int64(stream.State.Msgs)
	case err != nil:
		return queue.Depth{}, err
	default:
		ready, inFlight, floor = int64(info.NumPending), int64(info.NumAckPending), info.AckFloor.Stream
	}
	d := queue.Depth{Ready: &ready, InFlight: &inFlight}
	if ready+inFlight > 0 {
		d.OldestAge, err = b.ageAfter(ctx, floor)
	} else {
		err = nil
	}
	return d, err
}

// ageAfter is the age of the first message above the ack floor; nil when it
// was acked meanwhile.
func (b *Broker) ageAfter(ctx context.Context, floor uint64) (*time.Duration, error) {
	stream, err := b.js.Stream(ctx, b.name)
	if err != nil {
		return nil, err
	}
	oldest, err := stream.GetMsg(ctx, floor+1, jetstream.WithGetMsgSubject(">"))
	if errors.Is(err, jetstream.ErrMsgNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	age := max(time.Since(oldest.Time), 0)
	return &age, nil
}
