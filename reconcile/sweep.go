package reconcile

import (
	"context"
	"iter"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// sweep walks payments, control totals and what waits from the latest to the
// earliest. Windows are active from the moment in which they end to that in
// which they begin.
type sweep struct {
	WindowConfig
	result   WindowsResult
	told     []WindowExample // windows that are neither balanced nor open
	open     []WindowExample
	active   map[string][]*window // by source
	pending  int                  // active windows that are to be proved
	closes   time.Time            // when the next active window begins
	sources  map[string]*stretch  // of payments that no window covers
	payments *ahead[store.Payment]
	controls *ahead[store.Control]
	waits    func() (waiting, error, bool)
	wait     *waiting     // the next of them
	rows     *sorter[row] // of a comparison that goes on at the same time; nil if there is none
	compared *Config      // that comparison
}

// stretch is payments of a source that no window covers.
type stretch struct {
	Sum
	from, until time.Time
}

func newSweep(c WindowConfig) *sweep {
	s := &sweep{WindowConfig: c, active: map[string][]*window{}, sources: map[string]*stretch{}}
	s.result.ByVerdict = map[Verdict]int64{}
	for _, v := range Verdicts {
		s.result.ByVerdict[v] = 0
	}
	return s
}

func (s *sweep) run(ctx context.Context) error {
	entries := newSorter(ctx, latestFirst, s.Chunk, s.TempDir)
	if err := s.readable(ctx, func(w waiting) error { return w.place(entries.add) }); err != nil {
		return err
	}
	waits, stop := iter.Pull2(entries.all())
	defer stop()
	s.waits = waits
	top, err := s.top(ctx)
	if err != nil {
		return err
	}
	s.payments = readAhead(ctx, s.paymentPages(top))
	defer s.payments.stop()
	s.controls = readAhead(ctx, s.controlPages(top))
	defer s.controls.stop()
	if err := s.nextWaiting(); err != nil {
		return err
	}
	for more := true; more; {
		if more, err = s.step(ctx); err != nil {
			return err
		}
	}
	return s.closeFrom(ctx, time.Time{})
}

// top is where the latest window ends that reaches into the period, or the end
// of the period where that is later.
func (s *sweep) top(ctx context.Context) (time.Time, error) {
	if s.Until.IsZero() {
		return s.Until, nil
	}
	page, err := store.ReadControls(s.Reader).Controls(ctx, store.ControlQuery{Until: s.Until, Source: s.onlySource(), Limit: 1})
	if err != nil || len(page.Items) == 0 || page.Items[0].Until.Before(s.Until) {
		return s.Until, err
	}
	return page.Items[0].Until, nil
}

func (s *sweep) onlySource() *string {
	if s.Source == "" {
		return nil
	}
	return &s.Source
}

func (s *sweep) paymentPages(top time.Time) func(context.Context, string) (store.Page[store.Payment], error) {
	q := store.PaymentQuery{Until: top, Source: s.Source, Limit: store.MaxPage}
	return func(ctx context.Context, after string) (store.Page[store.Payment], error) {
		if q.After = after; after != "" {
			q.Until = time.Time{} // all that follows is before it
		}
		return s.Reader.Payments(ctx, q)
	}
}

func (s *sweep) controlPages(top time.Time) func(context.Context, string) (store.Page[store.Control], error) {
	q := store.ControlQuery{Until: top, Source: s.onlySource(), Limit: store.MaxPage}
	return func(ctx context.Context, after string) (store.Page[store.Control], error) {
		q.After = after
		return store.ReadControls(s.Reader).Controls(ctx, q)
	}
}

// step takes the latest of the three heads. It returns false when nothing is
// left that matters.
func (s *sweep) step(ctx context.Context) (more bool, err error) {
	p, err := s.payments.head()
	if err != nil {
		return false, err
	}
	c, err := s.controls.head()
	if err != nil {
		return false, err
	}
	at := time.Time{} // of the payment or the entry
	if p != nil {
		at = p.OccurredAt
	}
	entry := s.wait != nil && (p == nil || s.wait.At.After(at))
	if entry {
		at = s.wait.At
	}
	switch {
	case c == nil && p == nil && !entry:
		return false, nil
	case c != nil && c.Until.After(at):
		if err := s.closeFrom(ctx, c.Until); err != nil || s.isOver(c.Until) {
			return false, err
		}
		s.controls.take()
		s.addControl(c)
		return true, nil
	}
	if err := s.closeFrom(ctx, at.Add(time.Millisecond)); err != nil || s.isOver(at.Add(time.Millisecond)) {
		return false, err
	}
	if entry {
		s.addWaiting(s.wait)
		return true, s.nextWaiting()
	}
	s.payments.take()
	return true, s.addPayment(p)
}

// isOver reports whether nothing that ends at that moment or before matters.
func (s *sweep) isOver(end time.Time) bool {
	return !s.Since.IsZero() && !end.After(s.Since) && s.pending == 0
}

func (s *sweep) nextWaiting() error {
	w, err, more := s.waits()
	if s.wait = nil; more && err == nil {
		s.wait = &w
	}
	return err
}

// wasRecorded reports whether something counts that was recorded at that time.
func (s *sweep) wasRecorded(at time.Time) bool {
	return s.RecordedUntil.IsZero() || !at.After(s.RecordedUntil)
}

func (s *sweep) inPeriod(source string, at time.Time) bool {
	return (s.Source == "" || source == s.Source) &&
		(s.Since.IsZero() || !at.Before(s.Since)) && (s.Until.IsZero() || at.Before(s.Until))
}

// note tells of an entry that waits.
func (s *sweep) note(e *quarantine.Entry, w *waiting, placed bool) {
	if !placed {
		s.result.Unplaced++
	} else if !s.inPeriod(w.Source, w.At) {
		return
	}
	if s.Waiting == nil {
		return
	}
	s.Waiting(Waiting{Entry: e.ID, Reason: e.Reason, State: e.State, TransactionID: e.TransactionID,
		Amount: e.Amount, Placed: placed})
}

func (s *sweep) addPayment(p *store.Payment) error {
	print := payment.FingerprintOf(&p.Event)
	if s.rows != nil {
		if err := s.rows.add(s.compared.rowOf(p, print)); err != nil {
			return err
		}
	}
	if !s.wasRecorded(p.RecordedAt) {
		return nil
	}
	covered := false
	for _, w := range s.active[p.Source] {
		if p.OccurredAt.Before(w.until) { // and not before w.from: it would be closed
			w.recorded.Add(p.Amount, print)
			covered = true
			if print != p.Fingerprint {
				w.addAltered(p, print)
			}
			if p.EntryID != "" && len(w.returned) < mostCandidates {
				w.returned = append(w.returned, returned{p.EntryID, p.TransactionID, p.Amount, print})
			}
		}
	}
	if !s.inPeriod(p.Source, p.OccurredAt) {
		return nil
	}
	s.result.Payments.Add(p.Amount, print)
	if !covered {
		s.result.Uncovered.Add(p.Amount, print)
		s.uncover(p, print)
	}
	if s.Payment != nil {
		return s.Payment(p)
	}
	return nil
}
