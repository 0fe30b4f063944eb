package reconcile

import (
	"context"
	"maps"
	"slices"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// returned is a row that came out of quarantine. Its producer may have counted
// it when it sent what could not be recorded, or not.
type returned struct {
	entry, id string
	amount    payment.Money
	print     payment.Fingerprint
}

// settle lets a window balance of which nothing is too many but payments that
// came out of quarantine: their entries are there, and say what the rows do.
func (s *sweep) settle(ctx context.Context, w *window) error {
	if w.overlaps != nil || len(w.returned) == 0 || w.recorded.Equal(&w.expected) {
		return nil
	}
	said, err := s.said(ctx, w.returned)
	if err != nil {
		return err
	}
	var mended, all []candidate
	rows := map[string]returned{}
	for _, r := range w.returned {
		is, known := said[r.entry]
		if !known || is.print != r.print {
			continue
		}
		c := candidate{kind: returnedRow, name: r.id}
		c.changes.Minus(payment.PrintSum(r.print))
		rows[r.id] = r
		if all = append(all, c); is.mended {
			mended = append(mended, c)
		}
	}
	need := w.expected.Prints
	need.Minus(w.recorded.Prints)
	uncounted := solve(need, mended)
	if uncounted == nil {
		uncounted = solve(need, all)
	}
	if uncounted == nil {
		w.candidates = append(w.candidates, all...)
		return nil
	}
	expected := w.expected
	expected.Amounts = maps.Clone(expected.Amounts)
	for _, c := range uncounted {
		expected.Add(rows[c.name].amount, rows[c.name].print)
	}
	if w.recorded.Equal(&expected) {
		w.expected = expected
		s.result.Mended += int64(len(uncounted))
	}
	return nil
}

// saying is the payment that an entry's body announces.
type saying struct {
	print  payment.Fingerprint
	mended bool
}

// said reads the entries that rows came from.
func (s *sweep) said(ctx context.Context, rows []returned) (map[string]saying, error) {
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.entry
	}
	slices.Sort(ids)
	said := map[string]saying{}
	for some := range slices.Chunk(slices.Compact(ids), pageOfBodies) {
		page, err := s.Reader.Entries(ctx, store.EntryQuery{IDs: some, States: []quarantine.State{quarantine.Resolved},
			Order: store.ByID, Limit: pageOfBodies})
		if err != nil {
			return nil, err
		}
		for i := range page.Items {
			e := &page.Items[i]
			if v, ok := s.read(e); ok {
				said[e.ID] = saying{v.Held.Print, e.MendedBody != nil}
			}
		}
	}
	return said, nil
}
