package recorder

import (
	"context"
	"sync"
	"time"
)

// activity knows how much is held, and since when nothing has happened.
type activity struct {
	mu   sync.Mutex
	held int
	last time.Time
}

func (a *activity) arrived(n int) { a.add(n) }

func (a *activity) settled(n int) { a.add(-n) }

func (a *activity) add(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held += n
	a.last = time.Now()
}

// quiet returns how many deliveries are held and for how long nothing came or
// went.
func (a *activity) quiet() (held int, since time.Duration) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held, time.Since(a.last)
}

// stopWhenIdle calls stop once nothing has been ready or in flight, with us or
// at the broker, for the configured time.
func (r *Recorder) stopWhenIdle(ctx context.Context, stop func()) {
	look := min(max(r.config.UntilIdle/5, 10*time.Millisecond), time.Second)
	ticker := time.NewTicker(look)
	defer ticker.Stop()
	busyAt := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
		held, quiet := r.activity.quiet()
		if held > 0 || quiet < look || !r.drained(ctx) {
			busyAt = time.Now()
			continue
		}
		if time.Since(busyAt) >= r.config.UntilIdle {
			stop()
			return
		}
	}
}

// drained asks the broker. What it cannot tell does not count; when it does
// not answer, there may be something.
func (r *Recorder) drained(ctx context.Context) bool {
	depth, err := r.broker.Depth(ctx)
	return err == nil && none(depth.Ready) && none(depth.InFlight)
}

func none(n *int64) bool { return n == nil || *n == 0 }
