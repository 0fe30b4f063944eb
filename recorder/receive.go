package recorder

import (
	"context"
	"errors"
	"time"

	"recibo/queue"
	"recibo/store"
)

// The feeds of a recorder, as the watch of the queue tells them apart.
const (
	mainFeed       = "queue"
	deadLetterFeed = "dead letters"
)

// feed is a source of deliveries and its name.
type feed struct {
	name   string
	source queue.Source
}

// openFeeds opens the queue and, where they are wanted and the broker has them,
// its dead letters: they are payments too, and find their fate in the same way.
func (r *Recorder) openFeeds(ctx context.Context) ([]*feed, error) {
	want := queue.Want{
		Messages: r.config.Batch * r.config.Writers * bufferedBatches,
		Bytes:    r.config.BufferBytes,
	}
	source, err := r.openSource(ctx, mainFeed, want)
	if err != nil {
		return nil, err
	}
	feeds := []*feed{{mainFeed, source}}
	if !r.config.DeadLetters {
		return feeds, nil
	}
	want.DeadLetters = true
	source, err = r.openSource(ctx, deadLetterFeed, want)
	switch {
	case err == nil:
		feeds = append(feeds, &feed{deadLetterFeed, source})
	case !errors.Is(err, queue.ErrNoDeadLetters):
		r.release(ctx, feeds)
		return nil, err
	}
	return feeds, nil
}

// openSource waits until the queue answers. What waiting cannot mend comes
// back at once.
func (r *Recorder) openSource(ctx context.Context, name string, want queue.Want) (queue.Source, error) {
	waits := store.Backoff()
	for {
		source, err := r.broker.Source(ctx, want)
		if err == nil {
			r.queueWatch.answered(name, false)
			return source, nil
		}
		if ctx.Err() != nil {
			return nil, err
		}
		if _, hopeless := errors.AsType[*queue.ConfigError](err); hopeless || errors.Is(err, queue.ErrNoDeadLetters) {
			r.queueWatch.answered(name, false)
			return nil, err
		}
		if err := r.queueWatch.wait(ctx, name, err, waits.NextBackOff()); err != nil {
			return nil, err
		}
	}
}

// mostBetweenReceives is the longest wait before a source is asked again: it
// connects again by itself, at its own pace, and may have deliveries by then.
const mostBetweenReceives = 500 * time.Millisecond

// receive takes deliveries off the queue, decodes them and puts them into the
// buffer until ctx ends. Decoding here, while the writers commit, is what the
// second core is for.
func (r *Recorder) receive(ctx context.Context, f *feed, b *buffer) {
	waits := store.Backoff()
	for ctx.Err() == nil {
		deliveries, err := r.receiveSome(ctx, f)
		if err != nil {
			if ctx.Err() != nil || r.queueWatch.wait(ctx, f.name, err, min(waits.NextBackOff(), mostBetweenReceives)) != nil {
				return
			}
			continue
		}
		r.queueWatch.answered(f.name, false)
		waits.Reset()
		r.activity.arrive(len(deliveries))
		items := make([]item, len(deliveries)) // one allocation for all
		for i := range items {
			items[i].feed = f
			decode(&items[i], deliveries[i], &r.config)
		}
		b.put(ctx, items)
	}
}

// quietFor is how long a receive must have waited without an error before an
// outage of the queue may be over without a delivery that shows it.
const quietFor = time.Second

// receiveSome waits for deliveries. An empty queue brings none after an outage:
// then the depth shows that the broker answers again.
func (r *Recorder) receiveSome(ctx context.Context, f *feed) ([]queue.Delivery, error) {
	if !r.queueWatch.isDown(f.name) {
		return f.source.Receive(ctx, r.config.Batch)
	}
	asking, stop := context.WithCancel(ctx)
	defer stop()
	probe := time.AfterFunc(quietFor, func() {
		for asking.Err() == nil && !r.answers(asking) {
			sleep(asking, quietFor)
		}
		if asking.Err() == nil {
			r.queueWatch.answered(f.name, false)
		}
	})
	defer probe.Stop()
	return f.source.Receive(ctx, r.config.Batch)
}

// answers reports whether the broker tells its depth within a moment.
func (r *Recorder) answers(ctx context.Context) bool {
	ctx, cancel := context.WithTimeout(ctx, 5*quietFor)
	defer cancel()
	_, err := r.broker.Depth(ctx)
	return err == nil
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
