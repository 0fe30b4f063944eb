package jetstream

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// purgeStep is how many acked messages are worth a purge while acks go on.
const purgeStep = 10_000

// purgeNowAndThen removes what every consumer of the stream has acked, until
// ctx ends. Call it for streams with the mark only.
func (b *Broker) purgeNowAndThen(ctx context.Context) {
	ticks := time.NewTicker(purgeEvery)
	defer ticks.Stop()
	var last uint64 // the floor of the tick before
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		}
		if b.link.down() == nil {
			last, _ = b.purge(ctx, last) // the next tick tries again
		}
	}
}

// purge removes what is acked if it is much, or if the floor stands still, and
// returns the floor.
func (b *Broker) purge(ctx context.Context, last uint64) (uint64, error) {
	ctx, done := b.link.whileConnected(ctx)
	defer done()
	stream, err := b.js.Stream(ctx, b.name)
	if err != nil || !ours(stream.CachedInfo()) {
		return 0, err
	}
	state := stream.CachedInfo().State
	floor, err := lowestFloor(ctx, stream)
	if err != nil || floor < state.FirstSeq || state.Msgs == 0 {
		return floor, err
	}
	if acked := floor - state.FirstSeq + 1; acked < purgeStep && floor != last {
		return floor, nil
	}
	return floor, stream.Purge(ctx, jetstream.WithPurgeSequence(floor+1))
}

// lowestFloor is up to where all consumers have acked; 0 without consumers.
func lowestFloor(ctx context.Context, stream jetstream.Stream) (uint64, error) {
	consumers := stream.ListConsumers(ctx)
	lowest, first := uint64(0), true
	for info := range consumers.Info() {
		if floor := info.AckFloor.Stream; first || floor < lowest {
			lowest, first = floor, false
		}
	}
	return lowest, consumers.Err()
}
