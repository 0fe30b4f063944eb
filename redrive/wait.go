package redrive

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"recibo/store"
)

// attemptTimeout bounds one transaction or question, so that a database that
// hangs is noticed.
const attemptTimeout = 30 * time.Second

// waiting passes the time while a system is down. It says once that it does not
// answer, and once that it does again.
type waiting struct {
	what, target string // "queue", its address
	log          *slog.Logger

	mu      sync.Mutex
	backoff *backoff.ExponentialBackOff
	since   time.Time // the first failure in a row; zero while it answers
}

func newWaiting(what, target string, log *slog.Logger) *waiting {
	return &waiting{what: what, target: target, log: log, backoff: store.Backoff()}
}

// failed notes a failure and returns how long to wait before the next attempt.
func (w *waiting) failed(err error) time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.since.IsZero() {
		w.since = time.Now()
		w.log.Warn(w.what+" does not answer; waiting for it", w.what, w.target, "error", err)
	}
	return w.backoff.NextBackOff()
}

// answered notes that it works.
func (w *waiting) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.since.IsZero() {
		w.log.Info(w.what+" answers again", w.what, w.target, "elapsed_ms", time.Since(w.since).Milliseconds())
	}
	w.since = time.Time{}
	w.backoff.Reset()
}

func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}

// draining returns a context that ends some time after ctx does: what is in hand
// then is finished.
func draining(ctx context.Context, after time.Duration) (context.Context, context.CancelFunc) {
	drain, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(after, cancel) })
	return drain, func() {
		stop()
		cancel()
	}
}

// patientStore bounds each transaction and says when the store is down, for
// store.Retry, which does neither.
type patientStore struct {
	store.Store
	waiting *waiting
}

// Update runs one transaction.
func (s *patientStore) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	err := s.Store.Update(ctx, fn)
	switch {
	case err == nil:
		s.waiting.answered()
	case mayPass(err) && ctx.Err() != context.Canceled && store.ClassOf(err) != store.ClassTransient:
		s.waiting.failed(err)
	}
	return err
}

// mayPass reports whether waiting may mend what a store answered.
func mayPass(err error) bool {
	_, ok := errors.AsType[*store.Error](err)
	class := store.ClassOf(err)
	return ok && class != store.ClassData && class != store.ClassTooBig && class != store.ClassTooSlow
}

// ask asks the store until it answers, for as long as ctx lasts.
func ask[A any](ctx context.Context, w *waiting, question func(context.Context) (A, error)) (A, error) {
	for {
		one, cancel := context.WithTimeout(ctx, attemptTimeout)
		answer, err := question(one)
		cancel()
		switch {
		case err == nil:
			w.answered()
			return answer, nil
		case ctx.Err() != nil:
			return answer, ctx.Err()
		case !mayPass(err):
			return answer, err
		}
		pause(ctx, w.failed(err))
	}
}
