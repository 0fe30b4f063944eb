package app

import (
	"context"
	"math/rand/v2"

	"recibo/ledger"
	"recibo/queue"
	"recibo/simulator"
)

// Simulate publishes fake payments until count or duration is reached, or ctx
// ends. show may be nil.
func (a *App) Simulate(ctx context.Context, show func(simulator.Result)) (simulator.Result, error) {
	stream, err := a.stream()
	if err != nil {
		return simulator.Result{}, err
	}
	if a.Config.Seed == nil {
		stream.Seed = uint64(rand.Uint32()) // short enough to be typed again
	}
	if err := simulator.CheckControl(a.Config.Control); err != nil {
		return simulator.Result{}, usage("write for example --control 1m", "%w", err)
	}
	var l *ledger.Writer
	if a.Config.Ledger != "" {
		l, err = ledger.Open(a.Config.Ledger)
		if err != nil {
			return simulator.Result{}, usage("write --ledger FILE in a folder that you may write to", "ledger: %w", err)
		}
		defer l.Close()
	}
	b, err := a.openQueue(ctx)
	if err != nil {
		return simulator.Result{Seed: stream.Seed}, err
	}
	defer closeQueue(ctx, b)
	a.Log.Info("simulating", "queue", a.Config.Queue, "seed", stream.Seed, "start", stamp(a.Config.Start), "faults", stream.Faults.String())
	return a.publishStream(ctx, b, simulator.Simulator{Generator: simulator.New(stream), Ledger: l,
		Control: a.Config.Control, OnProgress: show})
}

// publishStream runs s on b with the settings' count, duration and rate.
func (a *App) publishStream(ctx context.Context, b queue.Broker, s simulator.Simulator) (simulator.Result, error) {
	p, err := b.Publisher(ctx)
	if err != nil {
		return simulator.Result{Seed: s.Generator.Seed()}, err
	}
	defer p.Close(context.WithoutCancel(ctx))
	s.Publisher, s.Queue, s.Log = p, a.Config.Queue.String(), a.Log
	s.Count, s.Duration, s.Rate, s.Grace = a.Config.Count, a.Config.Duration, a.Config.Rate, a.Config.DrainTimeout
	return s.Run(ctx)
}

// CheckSimulated is nil when all that was to be sent was sent.
func (a *App) CheckSimulated(r simulator.Result) error {
	if r.Refused == 0 && r.InDoubt == 0 && r.ControlTotalsUnsent == 0 && r.Sent >= a.Config.Count {
		return nil
	}
	return answerNo("recibo reconcile --ledger FILE compares what was sent with what is recorded",
		"simulate: %d sent, %d refused, %d without an answer, %d control totals unsent", r.Sent, r.Refused, r.InDoubt, r.ControlTotalsUnsent)
}
