package simulator_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/ledger"
	"recibo/payment"
	"recibo/queue"
	"recibo/simulator"
	"recibo/wire"
)

var totals = cmp.Comparer(func(a, b payment.Total) bool { return a == b })

// allSources are what the simulated systems call themselves.
var allSources = []string{"api", "batch", "internet-banking", "mobile-app", "pos"}

// recount adds the first messages of a stream up, by window, and says where in
// the stream each window's last payment comes. Those with the given ids are
// left out. Empty windows between the first and the last are there, too.
func recount(c simulator.Config, count int, every time.Duration, without ...string) (map[payment.Window]payment.ControlTotal, map[payment.Window]int) {
	said, last := map[payment.Window]payment.ControlTotal{}, map[payment.Window]int{}
	window := func(source string, at time.Time) payment.Window {
		from := time.Unix(0, at.UnixNano()-at.UnixNano()%int64(every)).UTC()
		return payment.Window{Source: source, Producer: fmt.Sprint("simulator-", c.Seed), From: from, Until: from.Add(every)}
	}
	begin := c.Start
	if begin.IsZero() {
		begin = simulator.DefaultStart
	}
	end := time.Time{} // of the last window in which something is
	g := simulator.New(c)
	for i := range count {
		m := g.Next()
		if m.Kind != ledger.Unique || strings.Contains(" "+strings.Join(without, " ")+" ", " "+m.ID+" ") {
			continue
		}
		w := window(m.Event.Source, m.Event.OccurredAt)
		total := said[w]
		total.Window = w
		total.Add(m.Event.Amount, payment.FingerprintOf(m.Event))
		said[w], last[w] = total, i
		if end.Before(w.Until) {
			end = w.Until
		}
	}
	for at := window("", begin).From; at.Before(end); at = at.Add(every) {
		for _, source := range allSources {
			if w := window(source, at); said[w].Producer == "" {
				said[w] = payment.ControlTotal{Window: w}
			}
		}
	}
	return said, last
}

func isControl(m queue.Message) bool { return strings.Contains(m.ID, ":control:") }

// told reads the control messages of a queue, and where each stands among the
// messages of the stream.
func told(t rapid.TB, seed uint64, order []queue.Message) (map[payment.Window]payment.ControlTotal, map[payment.Window]int) {
	t.Helper()
	said, at := map[payment.Window]payment.ControlTotal{}, map[payment.Window]int{}
	before := 0
	for _, m := range order {
		if !isControl(m) {
			before++
			continue
		}
		got, err := wire.Read(m.Body, wire.Options{})
		if err != nil || got.Control == nil {
			t.Fatalf("%s: %v: %s", m.ID, err, m.Body)
		}
		c := *got.Control
		if want := fmt.Sprintf("%d:control:%s", seed, c.ID()); m.ID != want || m.Key != "" {
			t.Fatalf("message %s with key %q, want %s without", m.ID, m.Key, want)
		}
		if said[c.Window].Producer != "" {
			t.Fatalf("%+v is told twice", c.Window)
		}
		said[c.Window], at[c.Window] = c, before
	}
	return said, at
}

// checkTold compares what was told with a recount. What is over beyond the last
// payment may be told as empty.
func checkTold(t rapid.TB, got, want map[payment.Window]payment.ControlTotal) {
	t.Helper()
	for w, c := range got {
		if _, there := want[w]; !there && (c.Count != 0 || c.Amounts != nil || c.Prints != payment.PrintSum{}) {
			t.Fatalf("nothing was sent for %+v, but %+v is told", w, c)
		}
	}
	for w, c := range want {
		if diff := cmp.Diff(c, got[w], totals); diff != "" {
			t.Fatalf("%+v\n-recount +told:\n%s", w, diff)
		}
	}
}

// TestControlTotalsAreARecount: streams of any kind, sent in batches of any
// size, tell of each window what a recount of the stream finds, after the last
// payment of it.
func TestControlTotalsAreARecount(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := simulator.Config{Seed: rapid.Uint64().Draw(t, "seed"), Faults: drawFaults(t),
			Start: simulator.DefaultStart.Add(time.Duration(rapid.IntRange(0, 86_400_000).Draw(t, "start")) * time.Millisecond)}
		every := time.Duration(rapid.SampledFrom([]int{1000, 1001, 7000, 60_000, 86_400_000}).Draw(t, "interval")) * time.Millisecond
		count := rapid.IntRange(1, 300).Draw(t, "count")
		want, last := recount(c, count, every)
		var bodies []string
		for range 2 {
			s := newStage(int64(count))
			s.Generator, s.Control = simulator.New(c), every
			s.Batch = rapid.IntRange(1, 300).Draw(t, "batch")
			r, err := s.Run(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			got, at := told(t, c.Seed, s.queue.order)
			checkTold(t, got, want)
			for w, i := range last {
				if at[w] <= i {
					t.Fatalf("%+v is told after %d messages, its last payment is the one behind", w, at[w])
				}
			}
			if r.Sent != int64(count) || r.ControlTotals != int64(len(got)) || r.ControlTotalsUnsent != 0 {
				t.Fatalf("%+v for %d messages and %d windows", r, count, len(got))
			}
			bodies = append(bodies, controlBodies(s.queue.order))
		}
		if bodies[0] != bodies[1] {
			t.Fatalf("the batches decide what is told:\n%s\n%s", bodies[0], bodies[1])
		}
	})
}

func controlBodies(order []queue.Message) string {
	var b strings.Builder
	for _, m := range order {
		if isControl(m) {
			fmt.Fprintf(&b, "%s %s\n", m.ID, m.Body)
		}
	}
	return b.String()
}

// TestControlTotalsComeInTime: a window is told while the stream goes on, not
// at its end.
func TestControlTotalsComeInTime(t *testing.T) {
	s := newStage(5000)
	s.Control = 10 * time.Second
	s.run(t)
	_, at := told(t, 1, s.queue.order)
	g := defaults(1)
	newest, late := simulator.DefaultStart, 0
	for i := range 5000 {
		if m := g.Next(); m.Kind == ledger.Unique && m.Event.OccurredAt.After(newest) {
			newest = m.Event.OccurredAt
		}
		for w, told := range at {
			// 50 places for what is held back, 100 for the batch in hand.
			if i-told > 200 && newest.Before(w.Until) {
				t.Fatalf("%+v was told before it was over", w)
			}
			if told-i > 200 && newest.After(w.Until) {
				late++
			}
		}
	}
	if len(at) < 50 || late > 0 {
		t.Errorf("%d windows, too late %d times", len(at), late)
	}
}

func TestCheckControl(t *testing.T) {
	for every, fine := range map[time.Duration]bool{
		0: true, time.Second: true, time.Minute: true, 366 * 24 * time.Hour: true, 1001 * time.Millisecond: true,
		-time.Second: false, time.Millisecond: false, 999 * time.Millisecond: false, time.Second + time.Microsecond: false,
		366*24*time.Hour + time.Second: false,
	} {
		if err := simulator.CheckControl(every); (err == nil) != fine {
			t.Errorf("%s: %v", every, err)
		}
	}
}

func TestControlResultJSON(t *testing.T) {
	text, err := json.Marshal(simulator.Result{ControlTotals: 3, ControlTotalsUnsent: 2})
	if err != nil || !strings.Contains(string(text), `"control_totals":3,"control_totals_unsent":2,`) {
		t.Errorf("%s, %v", text, err)
	}
}
