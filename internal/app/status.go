package app

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"time"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/store"
)

// Status is how everything stands. Nil is what a system cannot tell.
type Status struct {
	Payments   PaymentTotals    `json:"payments"`
	Duplicates int64            `json:"duplicates"`
	Controls   int64            `json:"control_totals,omitempty"` // deliveries of control totals
	Quarantine QuarantineTotals `json:"quarantine"`
	Queue      QueueDepth       `json:"queue"`
	Outages    OutageTotals     `json:"outages"`
}

// PaymentTotals counts what is recorded.
type PaymentTotals struct {
	Count  int64             `json:"count"`
	Amount map[string]string `json:"amount"`
}

// QuarantineTotals counts entries by state, and those held by reason.
type QuarantineTotals struct {
	Held      int64                       `json:"held"`
	Redriven  int64                       `json:"redriven"`
	Resolved  int64                       `json:"resolved"`
	Discarded int64                       `json:"discarded"`
	ByReason  map[quarantine.Reason]int64 `json:"by_reason"`
}

// QueueDepth is what waits in the queue.
type QueueDepth struct {
	Ready       *int64 `json:"ready"`
	InFlight    *int64 `json:"in_flight"`
	OldestAgeMS *int64 `json:"oldest_age_ms"`
}

// OutageTotals counts outages.
type OutageTotals struct {
	Open  int64 `json:"open"`
	Total int64 `json:"total"`
}

// Status asks store and queue once.
func (a *App) Status(ctx context.Context) (Status, error) {
	var last Status
	err := a.WatchStatus(ctx, 0, func(s Status) error {
		last = s
		return nil
	})
	return last, err
}

// WatchStatus shows the status, and again every interval until ctx ends; once
// when every is 0. A queue that does not answer leaves its numbers unknown.
func (a *App) WatchStatus(ctx context.Context, every time.Duration, show func(Status) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	b, err := a.queueForStatus(ctx)
	if err != nil {
		return err
	}
	if b != nil {
		defer closeQueue(ctx, b)
	}
	for {
		totals, err := s.Reader().Totals(ctx)
		if err != nil {
			return err
		}
		if err := show(viewStatus(totals, a.depth(ctx, b))); err != nil || every == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// queueForStatus opens the queue without making anything. Nil is a queue that
// cannot be asked: an embedded one that nobody made, or one that is down. A
// wrong address is an error.
func (a *App) queueForStatus(ctx context.Context) (queue.Broker, error) {
	if a.Config.Queue.Scheme == "embedded" {
		if _, err := os.Stat(a.Config.Queue.Rest()); err != nil {
			return nil, nil
		}
	}
	asking := *a
	settings := *a.Config
	settings.Setup = false
	asking.Config = &settings
	b, err := asking.openQueue(ctx)
	if err == nil {
		return b, nil
	}
	if isConfig(err) || ctx.Err() != nil {
		return nil, err
	}
	a.Log.Warn("the queue does not answer; its numbers are unknown", "queue", a.Config.Queue, "error", err)
	return nil, nil
}

func (a *App) depth(ctx context.Context, b queue.Broker) queue.Depth {
	if b == nil {
		return queue.Depth{}
	}
	d, err := b.Depth(ctx)
	if err != nil && ctx.Err() == nil {
		a.Log.Warn("the queue does not answer; its numbers are unknown", "queue", a.Config.Queue, "error", err)
	}
	return d
}

func viewStatus(t store.Totals, d queue.Depth) Status {
	s := Status{
		Payments:   PaymentTotals{Count: t.Recorded, Amount: amounts(t.Amount)},
		Duplicates: t.Duplicates, Controls: t.Controls,
		Quarantine: QuarantineTotals{Held: t.States[quarantine.Held], Redriven: t.States[quarantine.Redriven],
			Resolved: t.States[quarantine.Resolved], Discarded: t.States[quarantine.Discarded],
			ByReason: map[quarantine.Reason]int64{}},
		Queue:   QueueDepth{Ready: d.Ready, InFlight: d.InFlight},
		Outages: OutageTotals{Open: t.OutagesOpen, Total: t.Outages},
	}
	maps.Copy(s.Quarantine.ByReason, t.HeldBy)
	if d.OldestAge != nil {
		s.Queue.OldestAgeMS = new(d.OldestAge.Milliseconds())
	}
	return s
}

// CheckStatus is nil when no outage is open and nothing is over its threshold.
func (a *App) CheckStatus(s Status) error {
	var bad []string
	if s.Outages.Open > 0 {
		bad = append(bad, fmt.Sprintf("%d open outages", s.Outages.Open))
	}
	if m := a.Config.MaxHeld; m != nil && s.Quarantine.Held > *m {
		bad = append(bad, fmt.Sprintf("%d entries held, more than %d", s.Quarantine.Held, *m))
	}
	if m := a.Config.MaxReady; m != nil {
		switch ready := s.Queue.Ready; {
		case ready == nil: // a probe must not stay green because the queue is gone
			bad = append(bad, "the queue does not say how many messages are ready")
		case *ready > *m:
			bad = append(bad, fmt.Sprintf("%d messages ready, more than %d", *ready, *m))
		}
	}
	if m, age := a.Config.MaxAge, s.Queue.OldestAgeMS; m != nil && age != nil && *age > m.Milliseconds() {
		bad = append(bad, fmt.Sprintf("the oldest message is %s old, more than %s", time.Duration(*age)*time.Millisecond, *m))
	}
	if bad == nil {
		return nil
	}
	return answerNo("recibo outages and recibo quarantine causes say why", "status: %s", strings.Join(bad, "; "))
}
