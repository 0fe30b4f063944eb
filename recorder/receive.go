package recorder

import (
	"context"
	"errors"

	"recibo/queue"
	"recibo/store"
)

// receive takes deliveries off the queue, decodes them and puts them into the
// buffer until ctx ends. Decoding here, while the writers commit, is what the
// second core is for.
func (r *Recorder) receive(ctx context.Context, source queue.Source, b *buffer) {
	waits := store.Backoff()
	for ctx.Err() == nil {
		deliveries, err := source.Receive(ctx, r.config.Batch)
		if err != nil {
			if ctx.Err() != nil || r.queueWatch.wait(ctx, err, waits.NextBackOff()) != nil {
				return
			}
			continue
		}
		r.queueWatch.answered(false)
		waits.Reset()
		r.activity.arrived(len(deliveries))
		items := make([]item, len(deliveries)) // one allocation for all
		for i := range items {
			decode(&items[i], deliveries[i], &r.config)
		}
		b.put(ctx, items)
	}
}

// openSource waits until the queue answers. What waiting cannot mend comes
// back at once.
func (r *Recorder) openSource(ctx context.Context) (queue.Source, error) {
	want := queue.Want{
		Messages: r.config.Batch * r.config.Writers * bufferedBatches,
		Bytes:    r.config.BufferBytes, DeadLetters: r.config.DeadLetters,
	}
	waits := store.Backoff()
	for {
		source, err := r.broker.Source(ctx, want)
		if err == nil {
			r.queueWatch.answered(false)
			return source, nil
		}
		_, hopeless := errors.AsType[*queue.ConfigError](err)
		if hopeless || errors.Is(err, queue.ErrNoDeadLetters) || ctx.Err() != nil {
			return nil, err
		}
		if err := r.queueWatch.wait(ctx, err, waits.NextBackOff()); err != nil {
			return nil, err
		}
	}
}
