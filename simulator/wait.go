package simulator

import (
	"context"
	"log/slog"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// waiting is the time between publishes while the queue is down. It says once
// that the queue does not take messages, and once that it does again.
type waiting struct {
	queue    string
	log      *slog.Logger
	backoff  *backoff.ExponentialBackOff
	attempts int
	since    time.Time // the first failure in a row
	said     bool
}

// newWaiting returns waits of 50 ms, doubling, up to half a second, each
// shortened or lengthened by half, so that simulators do not knock in step. The
// publisher behind it has longer waits of its own between connections.
func newWaiting(queue string, log *slog.Logger) *waiting {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = 50*time.Millisecond, 500*time.Millisecond, 2
	return &waiting{queue: queue, log: log, backoff: b}
}

// wait passes the time to the next attempt, or until ctx ends. A failure of
// some messages only is worth a word when it happens again.
func (w *waiting) wait(ctx context.Context, nothingAccepted bool, err error) {
	w.attempts++
	if w.attempts == 1 {
		w.since = time.Now()
	}
	if !w.said && ctx.Err() == nil && (nothingAccepted || w.attempts > 1) {
		w.said = true
		w.log.Warn("queue does not take messages, waiting", "queue", w.queue, "attempt", w.attempts, "error", err)
	}
	timer := time.NewTimer(w.backoff.NextBackOff())
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// over notes that the queue took everything it was given.
func (w *waiting) over() {
	if w.said {
		w.log.Info("queue takes messages again", "queue", w.queue, "attempt", w.attempts+1,
			"elapsed_ms", time.Since(w.since).Milliseconds())
	}
	w.said, w.attempts = false, 0
	w.backoff.Reset()
}
