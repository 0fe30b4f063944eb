package recorder

import (
	"context"
	"fmt"
	"time"

	"recibo/store"
)

// writer takes batches and gets them committed, one transaction at a time.
type writer struct {
	r        *Recorder
	identity store.Writer
	seq      int64 // of the last transaction known to be committed
	renewed  int   // how often the identity was given up

	// What one transaction offers to the store; kept for the next.
	payments []store.Payment
	controls []store.Control
}

func newWriter(r *Recorder, number int) *writer {
	return &writer{r: r, identity: store.Writer{
		ID:       fmt.Sprintf("%s/%d", r.config.ID, number),
		Recorder: r.config.ID, Host: r.config.Host, Version: r.config.Version,
		StartedAt: r.config.now(),
	}}
}

// run works until the buffer is closed and empty, or ctx ends.
func (w *writer) run(ctx context.Context, b *buffer) {
	for {
		batch := b.take(ctx, w.r.config.Batch)
		if batch == nil {
			return
		}
		if w.commit(ctx, batch) != nil {
			return // past the drain deadline: what is left goes back to the queue
		}
	}
}

// next is the writer with the number of its next transaction.
func (w *writer) next(now time.Time) store.Writer {
	next := w.identity
	next.Seq, next.SeenAt = w.seq+1, now
	return next
}

// landed accounts for what a committed decision decided, and has it acked.
func (w *writer) landed(d *decision) {
	w.r.storeWatch.answered(anyWriter, d.outage)
	w.seq++
	w.r.counts.add(d.fates)
	for _, s := range settlements(d.units) {
		w.r.acks <- s
	}
}

// renew gives the writer a new identity: its row went back in time (a failover
// that lost commits) or on without it, so its numbers prove nothing any more.
func (w *writer) renew() {
	w.renewed++
	w.identity.ID = fmt.Sprintf("%s.%d", w.identity.ID, w.renewed)
	w.identity.StartedAt = w.r.config.now()
	w.seq = 0
	w.r.log.Warn("the database lost track of this writer; it goes on under a new id",
		"store", w.r.config.StoreTarget, "writer", w.identity.ID)
}
