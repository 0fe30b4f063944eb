package reconcile

import (
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"recibo/payment"
)

func stamp(t time.Time) string { return t.UTC().Format(payment.TimeLayout) }

// judge decides about a window that all is known of.
func (s *sweep) judge(w *window) {
	s.result.Windows++
	verdict := s.verdict(w)
	s.result.ByVerdict[verdict]++
	told := &s.told
	switch verdict {
	case Balanced:
		return
	case Open:
		told = &s.open
	}
	if len(*told) < s.Examples {
		*told = append(*told, s.example(w, verdict))
	}
}

func (s *sweep) verdict(w *window) Verdict {
	less := w.recorded.Count - w.expected.Count
	switch {
	case w.overlaps != nil:
		return Overlapping
	case w.recorded.Equal(&w.expected):
		return Balanced
	case less != 0 && s.Now.Sub(w.announced) < s.Grace:
		return Open // only for the count: a payment that differs does not get better by waiting
	case less < 0:
		return Missing
	case less > 0:
		return TooMany
	}
	return Differs
}

func (s *sweep) example(w *window, verdict Verdict) WindowExample {
	slices.Sort(w.producers)
	x := WindowExample{Source: sourceOf(w.source), Producers: w.producers, From: stamp(w.from), Until: stamp(w.until),
		Verdict: verdict, Expected: w.expected, Recorded: w.recorded, Difference: w.recorded.Minus(&w.expected),
		Held:     Held{Count: w.held.Count, Amounts: w.held.Decimals(), Entries: append([]string{}, w.entries...)},
		Payments: []Example{}, window: w}
	x.Explanation = s.explain(w, &x)
	return x
}

// finish puts the answer together.
func (s *sweep) finish(ctx context.Context) error {
	r := &s.result
	for _, source := range slices.Sorted(maps.Keys(s.sources)) {
		r.ByVerdict[Open]++
		if len(s.open) < s.Examples {
			u := s.sources[source]
			s.open = append(s.open, WindowExample{Source: sourceOf(source), Producers: []string{}, From: stamp(u.from), Until: stamp(u.until),
				Verdict: Open, Recorded: u.Sum, Difference: u.Sum.Minus(&Sum{}), Held: Held{Amounts: map[payment.Currency]string{}, Entries: []string{}},
				Payments: []Example{}, Explanation: "no control total covers " + counted(u.Count, "payment", "payments") + " worth " + worth(u.Decimals())})
		}
	}
	r.Examples = append(s.told, s.open...)
	r.Examples = append([]WindowExample{}, r.Examples[:min(len(r.Examples), s.Examples)]...)
	r.Balanced = r.Windows > 0
	for _, bad := range []Verdict{Missing, TooMany, Differs, Overlapping} {
		r.Balanced = r.Balanced && r.ByVerdict[bad] == 0
	}
	for i := range r.Examples {
		if err := s.nameSurplus(ctx, &r.Examples[i]); err != nil {
			return err
		}
	}
	return nil
}

func sourceOf(name string) *string {
	if name == "" {
		return nil
	}
	return &name
}

// explain says in words what is known of a window, and names what would make it
// balance.
func (s *sweep) explain(w *window, x *WindowExample) string {
	var parts []string
	switch x.Verdict {
	case Overlapping:
		return "it overlaps " + stamp(w.overlaps.from) + " to " + stamp(w.overlaps.until) +
			" without being the same window: what both count cannot be told apart"
	case Open:
		parts = append(parts, "its control total came "+s.Now.Sub(w.announced).Round(time.Second).String()+" ago: payments may still come")
	case Differs:
		parts = append(parts, w.differs(x))
	}
	d := w.expected.Minus(&w.recorded)
	if w.recorded.Count > w.expected.Count {
		d = x.Difference
	}
	switch what := counted(d.Count, "payment", "payments"); {
	case d.Count == 0:
	case w.recorded.Count < w.expected.Count:
		parts = append(parts, what+plural(d.Count, " is", " are")+" missing"+worthOf(d.Amounts))
	default:
		parts = append(parts, what+" too many"+worthOf(d.Amounts))
	}
	return strings.Join(append(parts, w.causes(x)...), "; ")
}

// differs says that as many payments as expected are there, and others.
func (w *window) differs(x *WindowExample) string {
	if x.Difference.none() {
		return "count and amounts fit, and the fingerprints do not: a payment says something else than was sent"
	}
	return "the count fits, and the sum differs by " + worth(x.Difference.Amounts) + ": a payment was changed, or one is missing and one too many"
}

func worthOf(amounts map[payment.Currency]string) string {
	if len(amounts) == 0 {
		return ""
	}
	return " worth " + worth(amounts)
}

func plural(n int64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}
