package simulator

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"golang.org/x/time/rate"

	"recibo/ledger"
	"recibo/queue"
)

// Simulator publishes what a Generator makes. Its fields are set before Run
// and not changed after; what is zero gets the default.
type Simulator struct {
	Publisher queue.Publisher
	Generator *Generator // used up by Run: it may be some messages further than was sent
	Queue     string     // the queue's address for logs, passwords masked

	Count    int64         // send so many, the first of the stream; 0: no limit
	Duration time.Duration // stop after so long; 0: no limit
	Rate     int           // messages a second at most; 0: as fast as it goes
	Batch    int           // most messages in one publish; default 1000, at most ledger.MaxBatch
	Grace    time.Duration // how long the batch in hand may take after a stop; default 10 s
	Control  time.Duration // send a control total of each source and interval of this length; 0: none; see CheckControl

	Ledger     *ledger.Writer // may be nil; not closed by Run. What is given up stays in doubt in it
	Log        *slog.Logger
	OnProgress func(Result) // called after each publish, from Run's goroutine; may be nil
}

const (
	defaultBatch = 1000
	defaultGrace = 10 * time.Second
	// publishesPerSecond keeps events flowing at low rates, instead of one
	// large batch now and then.
	publishesPerSecond = 20
)

// Run publishes batch after batch until Count or Duration is reached, or ctx
// ends. While the queue does not answer it waits and tries again, for ever.
// What the broker refused is sent again, and so is what it gave no answer for:
// should it have had that already, the second one is a duplicate.
//
// When ctx or Duration ends, the batch in hand has the grace time to be
// accepted; what then still has no answer is in doubt. That is no error. An
// error says that the ledger cannot be written or the publisher is closed;
// the Result stands then, too.
func (s *Simulator) Run(ctx context.Context) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	if s.Duration > 0 {
		timer := time.AfterFunc(s.Duration, cancel)
		defer timer.Stop()
	}
	grace, stop := withGrace(ctx, s.grace())
	defer stop()

	log := s.logger()
	r := &run{Simulator: s, began: time.Now(), log: log, queue: newWaiting(s.Queue, log),
		windows: newWindows(s.Control, s.Generator), result: Result{Seed: s.Generator.Seed()}}
	size := s.batchSize()
	pace := rate.NewLimiter(rate.Inf, size)
	if s.Rate > 0 {
		pace.SetLimit(rate.Limit(s.Rate))
	}
	batches, finished := s.generate(ctx, size)
	defer func() { // the generator is at rest when Run returns
		cancel()
		finished()
	}()
	err := r.sendAll(ctx, grace, batches, pace)
	if err != nil {
		err = fmt.Errorf("simulate: %w", err)
	}
	return r.result.at(time.Since(r.began)), err
}

// sendAll sends every batch, and after it the control totals of the windows
// that are over, until ctx ends; then the remaining control totals.
func (r *run) sendAll(ctx, grace context.Context, batches <-chan batch, pace *rate.Limiter) error {
	for b := range batches {
		if err := pace.WaitN(ctx, len(b.messages)); err != nil {
			break // stopped: nothing of this batch was sent
		}
		if err := r.send(grace, b); err != nil {
			return err
		}
		if ctx.Err() != nil {
			break
		}
		if err := r.sendControl(grace, b.passed); err != nil {
			return err
		}
	}
	return r.sendLastControl(grace)
}

// run is a Simulator at work.
type run struct {
	*Simulator
	log    *slog.Logger
	queue  *waiting
	began  time.Time
	result Result

	windows *windows // nil without control totals
}

func (r *run) progress() {
	if r.OnProgress != nil {
		r.OnProgress(r.result.at(time.Since(r.began)))
	}
}

func (s *Simulator) batchSize() int {
	size := s.Batch
	if size <= 0 {
		size = defaultBatch
	}
	size = min(size, ledger.MaxBatch)
	if s.Rate > 0 {
		size = min(size, max(1, s.Rate/publishesPerSecond))
	}
	return size
}

func (s *Simulator) grace() time.Duration {
	if s.Grace > 0 {
		return s.Grace
	}
	return defaultGrace
}

func (s *Simulator) logger() *slog.Logger {
	if s.Log != nil {
		return s.Log
	}
	return slog.New(slog.DiscardHandler)
}

// withGrace returns a context that ends so long after ctx.
func withGrace(ctx context.Context, grace time.Duration) (context.Context, context.CancelFunc) {
	later, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(grace, cancel)
		context.AfterFunc(later, func() { timer.Stop() })
	})
	return later, func() {
		stop()
		cancel()
	}
}
