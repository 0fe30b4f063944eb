package simulator

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"recibo/payment"
	"recibo/queue"
	"recibo/wire"
)

// shortestWindow keeps control totals from outnumbering what they count.
const shortestWindow = time.Second

// CheckControl reports an interval that Simulator.Control does not take.
func CheckControl(every time.Duration) error {
	switch {
	case every == 0:
		return nil
	case every < shortestWindow || every > payment.MaxWindow:
		return fmt.Errorf("control %s: use %s to %dd, or 0s for none", every, shortestWindow, payment.MaxWindow/(24*time.Hour))
	case every%time.Millisecond != 0:
		return fmt.Errorf("control %s: use whole milliseconds", every)
	}
	return nil
}

// windows adds up what the broker durably has, by source and interval of
// occurred_at. The intervals follow one another from the epoch on.
type windows struct {
	every  int64 // milliseconds
	seed   uint64
	next   int64 // the first interval that was not told
	newest int64 // the last interval in which something is
	open   map[int64]map[string]*payment.ControlTotal
}

// newWindows begins with the interval in which the stream stands; nil when
// every is 0.
func newWindows(every time.Duration, g *Generator) *windows {
	if every == 0 {
		return nil
	}
	w := &windows{every: every.Milliseconds(), seed: g.seed, open: map[int64]map[string]*payment.ControlTotal{}}
	w.next = w.intervalOf(g.passed())
	w.newest = w.next - 1
	return w
}

func (w *windows) intervalOf(t time.Time) int64 { return t.UnixMilli() / w.every }

// add counts a new payment that the broker has.
func (w *windows) add(e *payment.Event) {
	w.mayHave(e)
	w.total(w.intervalOf(e.OccurredAt), e.Source).Add(e.Amount, payment.FingerprintOf(e))
}

// mayHave notes that something may be in the window of a payment.
func (w *windows) mayHave(e *payment.Event) { w.newest = max(w.newest, w.intervalOf(e.OccurredAt)) }

// total returns the control total of a window that was not told yet.
func (w *windows) total(interval int64, source string) *payment.ControlTotal {
	bySource := w.open[interval]
	if bySource == nil {
		bySource = map[string]*payment.ControlTotal{}
		w.open[interval] = bySource
	}
	c := bySource[source]
	if c == nil {
		c = &payment.ControlTotal{Window: payment.Window{
			Source: source, Producer: "simulator-" + strconv.FormatUint(w.seed, 10),
			From: time.UnixMilli(interval * w.every).UTC(), Until: time.UnixMilli((interval + 1) * w.every).UTC(),
		}}
		bySource[source] = c
	}
	return c
}

// over returns the control totals of the intervals that ended by then, those in
// which nothing happened too.
func (w *windows) over(passed time.Time) []queue.Message { return w.tell(w.intervalOf(passed)) }

// rest returns the control totals of all other intervals that began.
func (w *windows) rest() []queue.Message { return w.tell(w.newest + 1) }

// tell returns the control totals of the intervals before one.
func (w *windows) tell(before int64) (ms []queue.Message) {
	for ; w.next < before; w.next++ {
		for _, source := range allSources {
			c := w.total(w.next, source)
			ms = append(ms, queue.Message{ID: fmt.Sprintf("%d:control:%s", w.seed, c.ID()), Body: wire.EncodeControl(c)})
		}
		delete(w.open, w.next)
	}
	return ms
}

// allSources are the names of all systems that announce payments, in order.
var allSources = sourceNames()

func sourceNames() []string {
	names := map[string]bool{}
	for _, weights := range sources {
		for _, w := range weights {
			names[w.thing] = true
		}
	}
	return slices.Sorted(maps.Keys(names))
}
