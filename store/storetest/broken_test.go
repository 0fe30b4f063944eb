package storetest_test

import (
	"context"
	"slices"

	"recibo/quarantine"
	"recibo/store"
	"recibo/store/storetest"
)

// brokenStore lacks one property; the case of that name must notice.
type brokenStore struct {
	name     string
	caughtBy string
	open     func() store.Store
}

func withTx(wrap func(store.Tx) store.Tx) func() store.Store {
	return func() store.Store { return &broken{Memory: storetest.NewMemory(), tx: wrap} }
}

func withReader(wrap func(store.Reader) store.Reader) func() store.Store {
	return func() store.Store { return &broken{Memory: storetest.NewMemory(), reader: wrap} }
}

var brokenStores = slices.Concat(brokenRecords, brokenCommits, brokenEntries, brokenTransitions, brokenSums, brokenPages,
	brokenControls, brokenRedrives, brokenMends, brokenPurges)

// recordTx replaces Record.
type recordTx struct {
	store.Tx
	do func(ctx context.Context, tx store.Tx, ps []store.Payment) ([]store.Outcome, error)
}

func (t recordTx) Record(ctx context.Context, ps []store.Payment) ([]store.Outcome, error) {
	return t.do(ctx, t.Tx, ps)
}

// before changes payments on their way in.
func before(change func(*store.Payment)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx {
		return recordTx{tx, func(ctx context.Context, tx store.Tx, ps []store.Payment) ([]store.Outcome, error) {
			ps = slices.Clone(ps)
			for i := range ps {
				change(&ps[i])
			}
			return tx.Record(ctx, ps)
		}}
	})
}

// after changes outcomes on their way out.
func after(change func([]store.Payment, []store.Outcome) []store.Outcome) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx {
		return recordTx{tx, func(ctx context.Context, tx store.Tx, ps []store.Payment) ([]store.Outcome, error) {
			os, err := tx.Record(ctx, ps)
			return change(ps, os), err
		}}
	})
}

// claimTx replaces Claim.
type claimTx struct {
	store.Tx
	do func(ctx context.Context, tx store.Tx, w store.Writer) (bool, error)
}

func (t claimTx) Claim(ctx context.Context, w store.Writer) (bool, error) { return t.do(ctx, t.Tx, w) }

func claiming(do func(ctx context.Context, tx store.Tx, w store.Writer) (bool, error)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx { return claimTx{tx, do} })
}

// entryTx replaces Quarantine.
type entryTx struct {
	store.Tx
	do func(ctx context.Context, tx store.Tx, es []quarantine.Entry) error
}

func (t entryTx) Quarantine(ctx context.Context, es []quarantine.Entry) error {
	return t.do(ctx, t.Tx, es)
}

// holding changes entries on their way in.
func holding(change func(*quarantine.Entry)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx {
		return entryTx{tx, func(ctx context.Context, tx store.Tx, es []quarantine.Entry) error {
			es = slices.Clone(es)
			for i := range es {
				change(&es[i])
			}
			return tx.Quarantine(ctx, es)
		}}
	})
}

// transitionTx replaces Transition.
type transitionTx struct {
	store.Tx
	do func(ctx context.Context, tx store.Tx, ts []quarantine.Transition) ([]bool, error)
}

func (t transitionTx) Transition(ctx context.Context, ts []quarantine.Transition) ([]bool, error) {
	return t.do(ctx, t.Tx, ts)
}

func moving(do func(ctx context.Context, tx store.Tx, ts []quarantine.Transition) ([]bool, error)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx { return transitionTx{tx, do} })
}

// sumTx replaces Tally and Outage.
type sumTx struct {
	store.Tx
	line   func(*store.TallyLine)
	outage func(*store.Outage)
}

func (t sumTx) Tally(ctx context.Context, lines []store.TallyLine) error {
	lines = slices.Clone(lines)
	for i := range lines {
		if t.line != nil {
			t.line(&lines[i])
		}
	}
	return t.Tx.Tally(ctx, lines)
}

func (t sumTx) Outage(ctx context.Context, o store.Outage) error {
	if t.outage != nil {
		t.outage(&o)
	}
	return t.Tx.Outage(ctx, o)
}

func tallying(change func(*store.TallyLine)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx { return sumTx{Tx: tx, line: change} })
}

// brokenReader replaces what is not nil.
type brokenReader struct {
	store.Reader
	totals   func(store.Totals) store.Totals
	payments func(ctx context.Context, r store.Reader, q store.PaymentQuery) (store.Page[store.Payment], error)
	entries  func(ctx context.Context, r store.Reader, q store.EntryQuery) (store.Page[quarantine.Entry], error)
	causes   func(ctx context.Context, r store.Reader, q store.EntryQuery) ([]store.Cause, error)
	history  func([]quarantine.HistoryLine) []quarantine.HistoryLine
	outages  func(ctx context.Context, r store.Reader, q store.OutageQuery) (store.Page[store.Outage], error)
}

func (b brokenReader) Totals(ctx context.Context) (store.Totals, error) {
	t, err := b.Reader.Totals(ctx)
	if b.totals != nil {
		t = b.totals(t)
	}
	return t, err
}

func (b brokenReader) Payments(ctx context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	if b.payments == nil {
		return b.Reader.Payments(ctx, q)
	}
	return b.payments(ctx, b.Reader, q)
}

func (b brokenReader) Entries(ctx context.Context, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
	if b.entries == nil {
		return b.Reader.Entries(ctx, q)
	}
	return b.entries(ctx, b.Reader, q)
}

func (b brokenReader) Causes(ctx context.Context, q store.EntryQuery) ([]store.Cause, error) {
	if b.causes == nil {
		return b.Reader.Causes(ctx, q)
	}
	return b.causes(ctx, b.Reader, q)
}

func (b brokenReader) History(ctx context.Context, id string) ([]quarantine.HistoryLine, error) {
	lines, err := b.Reader.History(ctx, id)
	if b.history != nil {
		lines = b.history(slices.Clone(lines))
	}
	return lines, err
}

func (b brokenReader) Outages(ctx context.Context, q store.OutageQuery) (store.Page[store.Outage], error) {
	if b.outages == nil {
		return b.Reader.Outages(ctx, q)
	}
	return b.outages(ctx, b.Reader, q)
}

func reading(b brokenReader) func() store.Store {
	return withReader(func(r store.Reader) store.Reader { b.Reader = r; return b })
}
