package recorder

import (
	"context"
	"time"
)

const (
	// stillEvery is how often an outage that lasts is told again.
	stillEvery = time.Minute
	// tellEvery is how often it is looked whether there is something to tell.
	tellEvery = 250 * time.Millisecond
	// depthTimeout bounds a question to the broker that only serves the telling.
	depthTimeout = 5 * time.Second
)

// tell says once a minute that an outage lasts, and how old the oldest event is
// that waits for its end; and after one of the store, in one line, how it went,
// once all that had queued up has its fate.
func (r *Recorder) tell(ctx context.Context) {
	ticker := time.NewTicker(tellEvery)
	defer ticker.Stop()
	var pending *recovery
	for {
		select {
		case <-ctx.Done():
			last := context.WithoutCancel(ctx)
			if over := r.storeWatch.story(); over != nil {
				pending = r.recovery(last, over)
			}
			pending.tell(last, r)
			return
		case <-ticker.C:
		}
		for _, w := range []*watch{r.queueWatch, r.storeWatch} {
			if o, due := w.lasting(time.Now()); due {
				r.log.Warn(string(w.component)+" still does not answer", string(w.component), w.target,
					"elapsed_ms", w.now().Sub(o.BeganAt).Milliseconds(), "attempt", o.Attempts,
					"oldest_age_ms", r.oldestAge(ctx).Milliseconds(), "error", o.LastError)
			}
		}
		if over := r.storeWatch.story(); over != nil {
			pending = r.recovery(ctx, over)
		}
		if pending.tell(ctx, r) {
			pending = nil
		}
	}
}

// oldestAge is for how long the oldest event that is not recorded has waited, as
// far as broker and recorder know.
func (r *Recorder) oldestAge(ctx context.Context) time.Duration {
	ctx, cancel := context.WithTimeout(ctx, depthTimeout)
	defer cancel()
	age := r.activity.oldest()
	if depth, err := r.broker.Depth(ctx); err == nil && depth.OldestAge != nil {
		age = max(age, *depth.OldestAge)
	}
	return age
}

// recovery is an outage of the store that is over, until what had queued up is
// done with.
type recovery struct {
	*ended
	queued int64 // ready, and held here, when the store answered again
}

func (r *Recorder) recovery(ctx context.Context, over *ended) *recovery {
	ctx, cancel := context.WithTimeout(ctx, depthTimeout)
	defer cancel()
	held, settled := r.activity.counts()
	p := &recovery{over, int64(held) + settled - over.settled}
	if depth, err := r.broker.Depth(ctx); err == nil && depth.Ready != nil {
		p.queued += *depth.Ready
	}
	return p
}

// tell logs the story if all that had queued up has its fate, and reports
// whether it did.
func (p *recovery) tell(ctx context.Context, r *Recorder) bool {
	if p == nil {
		return false
	}
	held, settled := r.activity.counts()
	if settled-p.settled < p.queued && (held > 0 || !r.drained(ctx)) { // a broker may have told too many
		return false
	}
	r.log.Info("the outage of the store is made good: all that had queued up is recorded or in quarantine, nothing is lost",
		"store", r.config.StoreTarget, "elapsed_ms", p.EndedAt.Sub(p.BeganAt).Milliseconds(),
		"queued", p.queued, "drained_ms", r.config.now().Sub(p.EndedAt).Milliseconds())
	return true
}
