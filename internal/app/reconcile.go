package app

import (
	"context"
	"iter"
	"os"
	"time"

	"recibo/ledger"
	"recibo/reconcile"
	"recibo/simulator"
	"recibo/store"
)

// Window bounds which payments that were not sent count as unexpected.
type Window struct {
	Source       string
	Since, Until time.Time
}

// Reconcile compares what was sent, by ledger or by seed, with what is stored.
func (a *App) Reconcile(ctx context.Context, w Window) (reconcile.Result, error) {
	sent, closeSent, err := a.sent()
	if err != nil {
		return reconcile.Result{}, err
	}
	defer closeSent()
	s, err := a.readStore(ctx)
	if err != nil {
		return reconcile.Result{}, err
	}
	defer s.Close()
	return compare(ctx, s.Reader(), sent, w)
}

func compare(ctx context.Context, r store.Reader, sent iter.Seq2[ledger.Line, error], w Window) (reconcile.Result, error) {
	return reconcile.Run(ctx, reconcile.Config{Reader: r, Sent: sent, Source: w.Source, Since: w.Since, Until: w.Until})
}

// sent is what was sent, by the ledger if there is one.
func (a *App) sent() (iter.Seq2[ledger.Line, error], func(), error) {
	c := a.Config
	if c.Ledger != "" {
		f, err := os.Open(c.Ledger)
		if err != nil {
			return nil, nil, noLedger(err)
		}
		return ledger.Read(f), func() { _ = f.Close() }, nil
	}
	if c.Seed == nil || c.Count == 0 {
		return nil, nil, usage("write --ledger FILE, or --seed and --count as the simulator had them",
			"reconcile: nothing says what was sent")
	}
	stream, err := a.stream()
	if err != nil {
		return nil, nil, err
	}
	return bySeed(stream, c.Count), func() {}, nil
}

// bySeed makes the first count messages of a stream again.
func bySeed(c simulator.Config, count int64) iter.Seq2[ledger.Line, error] {
	return func(yield func(ledger.Line, error) bool) {
		g := simulator.New(c)
		for range count {
			m := g.Next()
			if !yield(m.Line(), nil) {
				return
			}
		}
	}
}

// stream is what the settings say about simulated payments.
func (a *App) stream() (simulator.Config, error) {
	c := simulator.Config{Start: a.Config.Start, Faults: simulator.DefaultFaults}
	if a.Config.Seed != nil {
		c.Seed = *a.Config.Seed
	}
	if text := a.Config.Faults; text != "" {
		f, err := simulator.ParseFaults(text)
		if err != nil {
			return c, usage("write for example --faults duplicate=1%,invalid=1%, or --faults none", "%w", err)
		}
		c.Faults = f
	}
	if err := c.Validate(); err != nil {
		return c, usage("run recibo simulate --help", "%w", err)
	}
	return c, nil
}

// CheckBalanced is nil when the reconciliation balanced.
func CheckBalanced(r reconcile.Result) error {
	if r.Balanced {
		return nil
	}
	tip := "compare the settings with those of the simulator"
	if len(r.Examples) > 0 {
		tip = "recibo find " + r.Examples[0].ID + " says where the first one is"
	}
	return answerNo(tip, "reconcile: %d missing, %d unexpected, %d differing", r.Missing, r.Unexpected, r.Differing)
}
