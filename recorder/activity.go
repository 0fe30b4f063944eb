package recorder

import (
	"context"
	"sync"
	"time"
)

// activity knows how much is held, since when, and since when nothing has
// happened.
type activity struct {
	mu      sync.Mutex
	held    int
	settled int64
	last    time.Time
	arrived []arrival // that are held, as if all were settled in their order
}

// arrival is deliveries that came at once.
type arrival struct {
	at    time.Time
	count int
}

// arrive notes deliveries that came.
func (a *activity) arrive(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Now()
	a.held += n
	a.arrived = append(a.arrived, arrival{a.last, n})
}

// settle notes deliveries that are done with.
func (a *activity) settle(n int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.last = time.Now()
	a.held -= n
	a.settled += int64(n)
	for n > 0 && len(a.arrived) > 0 {
		first := &a.arrived[0]
		gone := min(n, first.count)
		n, first.count = n-gone, first.count-gone
		if first.count == 0 {
			a.arrived = a.arrived[1:]
		}
	}
}

// counts returns how many deliveries are held, and how many are done with.
func (a *activity) counts() (held int, settled int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.held, a.settled
}

// done returns how many deliveries are done with.
func (a *activity) done() int64 {
	_, settled := a.counts()
	return settled
}

// oldest returns for how long the oldest delivery has been held.
func (a *activity) oldest() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	if len(a.arrived) == 0 {
		return 0
	}
	return time.Since(a.arrived[0].at)
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
