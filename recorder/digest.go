package recorder

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// digestEvery is how often repeated faults are told, all in one line.
const digestEvery = 30 * time.Second

// digest gathers what would otherwise be a log line for each event.
type digest struct {
	mu        sync.Mutex
	held      map[quarantine.Reason]int64
	acks      int64
	lastError error
}

func (d *digest) quarantined(reason quarantine.Reason) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.held == nil {
		d.held = map[quarantine.Reason]int64{}
	}
	d.held[reason]++
}

func (d *digest) ackFailed(n int, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.acks += int64(n)
	d.lastError = err
}

// tell logs what was gathered since the last time, if anything.
func (d *digest) tell(log *slog.Logger, queueTarget string) {
	d.mu.Lock()
	held, acks, err := d.held, d.acks, d.lastError
	d.held, d.acks, d.lastError = nil, 0, nil
	d.mu.Unlock()
	for _, reason := range slices.Sorted(maps.Keys(held)) {
		log.Warn("deliveries quarantined", "queue", queueTarget, "reason", string(reason), "count", held[reason])
	}
	if acks > 0 {
		log.Warn("acks failed; these deliveries may come again, as duplicates",
			"queue", queueTarget, "count", acks, "error", err)
	}
}

func (d *digest) run(ctx context.Context, log *slog.Logger, queueTarget string) {
	ticker := time.NewTicker(digestEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			d.tell(log, queueTarget)
			return
		case <-ticker.C:
			d.tell(log, queueTarget)
		}
	}
}

// counts are the fates of what was committed.
type counts struct {
	digest *digest

	mu        sync.Mutex
	recorded  int64
	duplicate int64
	controls  int64
	held      map[quarantine.Reason]int64
}

// add counts the fates of a transaction.
func (c *counts) add(fates []fate) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, f := range fates {
		switch f.kind {
		case store.FateRecorded:
			c.recorded++
		case store.FateDuplicate:
			c.duplicate++
		case store.FateControl:
			c.controls++
		case store.FateQuarantined:
			if c.held == nil {
				c.held = map[quarantine.Reason]int64{}
			}
			c.held[f.reason]++
			c.digest.quarantined(f.reason)
		}
	}
}

func (c *counts) result(elapsed time.Duration) Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := Result{Recorded: c.recorded, Duplicate: c.duplicate, ControlTotals: c.controls, Quarantined: maps.Clone(c.held),
		ElapsedMS: elapsed.Milliseconds()}
	if r.Quarantined == nil {
		r.Quarantined = map[quarantine.Reason]int64{}
	}
	r.Delivered = r.Recorded + r.Duplicate
	for _, n := range r.Quarantined {
		r.Delivered += n
	}
	if seconds := elapsed.Seconds(); seconds > 0 {
		r.PerSecond = int64(float64(r.Delivered) / seconds)
	}
	return r
}
