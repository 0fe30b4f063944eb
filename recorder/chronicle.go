package recorder

import (
	"context"
	"time"

	"recibo/store"
)

const (
	// refreshEvery is how often an outage that lasts is written again, as a
	// sign that its recorder lives.
	refreshEvery = 2 * time.Second
	// abandonedAfter is how long after the last sign an open outage is taken
	// for one whose recorder died. It allows for clocks that differ a little.
	abandonedAfter = 15 * time.Second
)

// chronicle writes outages of the queue as they begin, last and end, and closes
// those that a dead recorder left open. Ends of an outage of the store are
// mostly written by the transaction that ends it; the rest comes here too.
func (r *Recorder) chronicle(ctx context.Context) {
	ticker := time.NewTicker(refreshEvery)
	defer ticker.Stop()
	silent := silence{}
	r.closeAbandoned(ctx, silent)
	for looks := 1; ; looks++ {
		select {
		case <-ctx.Done():
			return
		case <-r.queueWatch.changed:
		case <-r.storeWatch.changed:
		case <-ticker.C:
			if looks%8 == 0 {
				r.closeAbandoned(ctx, silent)
			}
		}
		r.writeOutages(ctx)
	}
}

// writeOutages writes what is not written yet. While the store is down that
// waits for the first transaction that passes.
func (r *Recorder) writeOutages(ctx context.Context) {
	if _, down := r.storeWatch.state(); down != "" {
		return
	}
	outages := append(r.queueWatch.unwritten(), r.storeWatch.unwritten()...)
	if len(outages) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, attemptTimeout)
	defer cancel()
	err := store.Retry(ctx, r.store, func(ctx context.Context, tx store.Tx) error {
		for _, o := range outages {
			if err := tx.Outage(ctx, o); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.log.Warn("outages could not be written", "store", r.config.StoreTarget, "error", err)
	}
}

// silence is since when, by a clock that is never set, open outages of others
// have given no new sign. The times that they carry may be of a clock that was
// set back since, or of another machine's.
type silence map[string]quiet

type quiet struct {
	seenAt time.Time
	since  time.Time
}

// of returns for how long the outage has been silent.
func (s silence) of(o *store.Outage) time.Duration {
	if q, ok := s[o.ID]; ok && q.seenAt.Equal(o.SeenAt) {
		return time.Since(q.since)
	}
	s[o.ID] = quiet{o.SeenAt, time.Now()}
	return 0
}

// closeAbandoned ends the outages that no living recorder speaks for.
func (r *Recorder) closeAbandoned(ctx context.Context, silent silence) {
	page, err := r.store.Reader().Outages(ctx, store.OutageQuery{OpenOnly: true})
	if err != nil {
		return // the next look finds them
	}
	cutoff := r.config.now().Add(-abandonedAfter)
	for _, o := range page.Items {
		isSilent := o.SeenAt.Before(cutoff) || silent.of(&o) >= abandonedAfter
		if o.Recorder == r.config.ID || !isSilent {
			continue
		}
		o.EndedAt, o.ClosedBy = o.SeenAt, r.config.ID
		err := r.store.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.Outage(ctx, o) })
		if err == nil {
			delete(silent, o.ID)
			r.log.Info("closed an outage that a dead recorder left open",
				string(o.Component), o.Target, "elapsed_ms", o.EndedAt.Sub(o.BeganAt).Milliseconds())
		}
	}
}
