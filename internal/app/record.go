package app

import (
	"context"
	"sync"
	"time"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/recorder"
	"recibo/store"
)

// RecordProgress is how a recorder fares, and what waits in its queue.
type RecordProgress struct {
	recorder.Progress
	Depth queue.Depth
}

// Record runs the recorder until ctx ends or the queue stays idle. Every
// interval it calls show, when that is not nil.
func (a *App) Record(ctx context.Context, every time.Duration, show func(RecordProgress)) (recorder.Result, error) {
	b, err := a.openQueue(ctx)
	if err != nil {
		return a.notStarted(ctx, err)
	}
	defer closeQueue(ctx, b)
	if err := a.awaitMade(ctx, b); err != nil {
		return a.notStarted(ctx, err)
	}
	s, err := a.openStore(ctx)
	if err != nil {
		return a.notStarted(ctx, err)
	}
	defer s.Close()
	a.Log.Info("recording", "queue", a.Config.Queue, "store", a.Config.Store)
	r := a.newRecorder(b, s)
	if show != nil {
		defer poll(ctx, every, func(ctx context.Context) {
			depth, _ := b.Depth(ctx) // what is not known is not shown
			show(RecordProgress{r.Progress(), depth})
		})()
	}
	return r.Run(ctx)
}

// awaitMade finds out at the start whether a queue is there that this process
// did not set up.
func (a *App) awaitMade(ctx context.Context, b queue.Broker) error {
	if a.Config.Setup {
		return nil
	}
	_, err := await(ctx, a, store.QueueComponent, a.Config.Queue, b.Depth)
	return err
}

// notStarted takes an interrupt while waiting for what it is: a stop with
// nothing in hand.
func (a *App) notStarted(ctx context.Context, err error) (recorder.Result, error) {
	if ctx.Err() != nil {
		err = nil
	}
	return recorder.Result{Quarantined: map[quarantine.Reason]int64{}}, err
}

func (a *App) newRecorder(b queue.Broker, s store.Store) *recorder.Recorder {
	return recorder.New(b, s, recorder.Config{
		ID: runID(), Host: host(), Version: BuildInfo().Version,
		Queue: queueName(a.Config.Queue), QueueTarget: a.Config.Queue.String(), StoreTarget: a.Config.Store.String(),
		Writers: a.Config.Writers, Batch: a.Config.Batch, Decode: a.decoding(),
		DeadLetters: a.Config.DeadLetters,
		UntilIdle:   a.Config.UntilIdle, DrainTimeout: a.Config.DrainTimeout, Log: a.Log,
	})
}

// poll calls fn now and then until ctx ends or the returned function is
// called, which waits for the last call.
func poll(ctx context.Context, every time.Duration, fn func(context.Context)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() {
		ticker := time.NewTicker(every)
		defer ticker.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-ticker.C:
				fn(ctx)
			}
		}
	})
	return func() {
		cancel()
		done.Wait()
	}
}
