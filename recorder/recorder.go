package recorder

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"recibo/queue"
	"recibo/store"
)

// ErrNotDrained is returned by Run when the drain deadline passed with
// deliveries in hand. They were not acked: the queue hands them out again.
var ErrNotDrained = errors.New("the store did not take everything before the drain deadline")

// Recorder is one process that records payments: a queue and its dead letters,
// and a few writers.
type Recorder struct {
	broker queue.Broker
	store  store.Store
	config Config
	log    *slog.Logger

	acks       chan settlement
	activity   activity
	counts     counts
	digest     digest
	queueWatch *watch
	storeWatch *watch
	startedAt  time.Time
}

// New makes a recorder. Broker and store stay the caller's to close.
func New(b queue.Broker, s store.Store, c Config) *Recorder {
	limits := s.Limits()
	c = c.withDefaults(limits.Writers, limits.Batch)
	r := &Recorder{broker: b, store: s, config: c, log: c.Log, startedAt: time.Now(),
		acks:       make(chan settlement, bufferedBatches*c.Writers),
		queueWatch: newWatch(&c, store.QueueComponent, c.QueueTarget),
		storeWatch: newWatch(&c, store.StoreComponent, c.StoreTarget),
	}
	r.counts.digest = &r.digest
	r.storeWatch.settled = r.activity.done
	r.activity.last = r.startedAt
	return r
}

// Run records until ctx ends or the queue stays idle, then drains: it stops
// receiving, commits and acks what it holds, and gives back what it could not
// within the drain deadline. It is called once.
func (r *Recorder) Run(ctx context.Context) (Result, error) {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	hard, abandon := r.drainContext(ctx)
	defer abandon()

	feeds, err := r.openFeeds(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = nil // stopped before anything was in hand
		}
		return r.Progress().Result, err
	}
	background, endBackground := context.WithCancel(hard)
	defer endBackground()
	var helpers sync.WaitGroup
	helpers.Go(func() { r.chronicle(background) })
	helpers.Go(func() { r.tell(background) })
	helpers.Go(func() { r.digest.run(background, r.log, r.config.QueueTarget) })
	if r.config.UntilIdle > 0 {
		helpers.Go(func() { r.stopWhenIdle(ctx, stop) })
	}
	r.pump(ctx, hard, feeds)

	held, _ := r.activity.quiet()
	r.release(hard, feeds)
	r.writeOutages(hard)
	endBackground()
	helpers.Wait()
	if held > 0 {
		err = fmt.Errorf("%w: %d deliveries stay in the queue", ErrNotDrained, held)
	}
	return r.Progress().Result, err
}

// pump runs receiver, writers and acker until everything received is settled
// or the drain deadline passes.
func (r *Recorder) pump(ctx, hard context.Context, feeds []*feed) {
	b := newBuffer(r.config.BufferBytes)
	var receivers, writers, acker sync.WaitGroup
	for i := range r.config.Writers {
		writers.Go(func() { newWriter(r, i).run(hard, b) })
	}
	acker.Go(func() { r.acknowledge(hard) })
	for _, f := range feeds {
		receivers.Go(func() { r.receive(ctx, f, b) })
	}
	receivers.Wait()
	b.close()
	writers.Wait()
	close(r.acks)
	acker.Wait()
}

// release gives back to the queue what is not acked. It has a moment of its
// own, since the drain deadline may be what ended the run.
func (r *Recorder) release(ctx context.Context, feeds []*feed) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*time.Second)
	defer cancel()
	for _, f := range feeds {
		if err := f.source.Close(ctx); err != nil {
			r.log.Warn("the queue did not take back what was held; it will after its timeout",
				"queue", r.config.QueueTarget, "error", err)
		}
	}
}

// drainContext returns a context that outlives ctx by the drain deadline.
func (r *Recorder) drainContext(ctx context.Context) (context.Context, context.CancelFunc) {
	hard, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(r.config.DrainTimeout)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-hard.Done():
		}
	})
	return hard, func() { stop(); cancel() }
}

// Progress returns what is going on. It may be called while Run runs.
func (r *Recorder) Progress() Progress {
	p := Progress{Result: r.counts.result(time.Since(r.startedAt))}
	p.Held, _ = r.activity.quiet()
	queueOutages, queueDown := r.queueWatch.state()
	storeOutages, storeDown := r.storeWatch.state()
	p.Outages = queueOutages + storeOutages
	p.QueueDown, p.StoreDown = queueDown, storeDown
	return p
}
