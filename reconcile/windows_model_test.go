package reconcile_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/payment"
	"recibo/reconcile"
	"recibo/store"
)

// drawScene draws payments and control totals: aligned windows and others, of
// several producers, over rows that are partly gone, added and changed.
func drawScene(t *rapid.T) scene {
	var s scene
	sources := []string{"", "app", "web"}
	for i := range rapid.IntRange(0, 40).Draw(t, "payments") {
		p := paid(fmt.Sprintf("id%02d", i), rapid.SampledFrom(sources).Draw(t, "source"),
			rapid.IntRange(0, 300).Draw(t, "second"), rapid.Int64Range(1, 1000).Draw(t, "minor"))
		s.payments = append(s.payments, p)
	}
	windows := map[string]bool{}
	for range rapid.IntRange(0, 12).Draw(t, "windows") {
		from := 60 * rapid.IntRange(0, 4).Draw(t, "minute")
		until := from + 60
		if rapid.IntRange(0, 9).Draw(t, "odd") == 0 {
			from, until = from+rapid.IntRange(0, 59).Draw(t, "later"), until+rapid.IntRange(0, 200).Draw(t, "longer")
		}
		producer, source := rapid.SampledFrom([]string{"p", "q"}).Draw(t, "producer"), rapid.SampledFrom(sources).Draw(t, "of")
		share := rapid.IntRange(0, 2).Draw(t, "share") // all, the even or the odd ones
		var counted []store.Payment
		for i, p := range s.payments {
			at := int(p.OccurredAt.Sub(noon) / time.Second)
			if p.Source == source && from <= at && at < until && (share == 0 || i%2 == share-1) {
				counted = append(counted, p)
			}
		}
		c := count(producer, source, from, until, counted...)
		if !windows[c.Window.ID()] {
			windows[c.Window.ID()] = true
			s.controls = append(s.controls, c)
		}
	}
	s.payments = slices.DeleteFunc(s.payments, func(store.Payment) bool { return rapid.IntRange(0, 9).Draw(t, "lost") == 0 })
	return s
}

// model proves windows one by one, each with a walk over all rows.
func (s scene) model(since, until time.Time) (verdicts map[reconcile.Verdict]int64, uncovered int64) {
	verdicts = map[reconcile.Verdict]int64{}
	for _, v := range reconcile.Verdicts {
		verdicts[v] = 0
	}
	seen, open := map[string]bool{}, map[string]bool{}
	for _, c := range s.controls {
		w := c.Window
		w.Producer = ""
		inPeriod := (since.IsZero() || w.Until.After(since)) && (until.IsZero() || w.From.Before(until))
		if seen[w.ID()] || !inPeriod {
			continue
		}
		seen[w.ID()] = true
		verdicts[s.judge(w)]++
	}
	for _, p := range s.payments {
		covered := slices.ContainsFunc(s.controls, func(c store.Control) bool { return holds(c.Window, &p) })
		if (since.IsZero() || !p.OccurredAt.Before(since)) && (until.IsZero() || p.OccurredAt.Before(until)) && !covered {
			uncovered++
			open[p.Source] = true
		}
	}
	verdicts[reconcile.Open] += int64(len(open))
	return verdicts, uncovered
}

func holds(w payment.Window, p *store.Payment) bool {
	return p.Source == w.Source && !p.OccurredAt.Before(w.From) && p.OccurredAt.Before(w.Until)
}

func (s scene) judge(w payment.Window) reconcile.Verdict {
	var expected, recorded payment.ControlTotal
	for _, c := range s.controls {
		same := c.From.Equal(w.From) && c.Until.Equal(w.Until)
		switch {
		case c.Source != w.Source:
		case same:
			expected.Count += c.Count
			expected.Prints.Plus(c.Prints)
		case c.From.Before(w.Until) && w.From.Before(c.Until):
			return reconcile.Overlapping
		}
	}
	for _, p := range s.payments {
		if holds(w, &p) {
			recorded.Add(p.Amount, payment.FingerprintOf(&p.Event))
		}
	}
	switch {
	case recorded.Count < expected.Count:
		return reconcile.Missing
	case recorded.Count > expected.Count:
		return reconcile.TooMany
	case recorded.Prints != expected.Prints:
		return reconcile.Differs
	}
	return reconcile.Balanced
}

// TestWindowsAgreeWithAModel: the one pass says what a walk over all rows for
// each window does, whatever overlaps, and whatever the period.
func TestWindowsAgreeWithAModel(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := drawScene(rt)
		var c reconcile.WindowConfig
		if rapid.Bool().Draw(rt, "bounded below") {
			c.Since = noon.Add(time.Duration(rapid.IntRange(-10, 400).Draw(rt, "since")) * time.Second)
		}
		if rapid.Bool().Draw(rt, "bounded above") {
			c.Until = noon.Add(time.Duration(rapid.IntRange(-10, 400).Draw(rt, "until")) * time.Second)
		}
		verdicts, uncovered := s.model(c.Since, c.Until)
		got := s.prove(t, c)
		if diff := cmp.Diff(verdicts, got.ByVerdict); diff != "" || got.Uncovered.Count != uncovered {
			rt.Fatalf("uncovered %d, want %d; -want +got:\n%s", got.Uncovered.Count, uncovered, diff)
		}
	})
}
