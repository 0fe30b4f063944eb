package storetest_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/storetest"
)

var brokenRecords = []brokenStore{
	{"answers in another order", "record answers each payment by its index", after(func(_ []store.Payment, os []store.Outcome) []store.Outcome {
		if len(os) > 1 {
			os[0], os[1] = os[1], os[0]
		}
		return os
	})},
	{"gives back what arrived", "record gives back what stands on a conflict", after(func(ps []store.Payment, os []store.Outcome) []store.Outcome {
		for i := range os {
			if os[i].Kind == store.Conflict {
				os[i].Stored = &ps[i]
			}
		}
		return os
	})},
	{"overwrites on conflict", "a row never changes", overwriting},
	{"forgets earlier transactions", "a later transaction finds the duplicate", after(func(_ []store.Payment, os []store.Outcome) []store.Outcome {
		for i := range os {
			os[i] = store.Outcome{Kind: store.Recorded}
		}
		return os
	})},
	{"folds the case of ids", "ids that differ by case are two payments", before(func(p *store.Payment) { p.TransactionID = strings.ToUpper(p.TransactionID) })},
	{"reads ids as numbers", "ids are compared byte for byte", before(func(p *store.Payment) { p.TransactionID = strings.TrimPrefix(p.TransactionID, "0") })},
	{"believes fingerprints", "it is a conflict only if a field differs", after(func(ps []store.Payment, os []store.Outcome) []store.Outcome {
		for i := range os {
			if os[i].Kind == store.Duplicate {
				os[i] = store.Outcome{Kind: store.Conflict, Stored: &ps[i]}
			}
		}
		return os
	})},
	{"drops the entry's id", "the provenance of a payment comes back", before(func(p *store.Payment) { p.EntryID = "" })},
	{"cuts accounts", "a row read back has its fingerprint", before(func(p *store.Payment) { p.PayeeAccount = p.PayeeAccount[:min(len(p.PayeeAccount), 20)] })},
	{"reads extra as floats", "a row read back has its fingerprint", before(func(p *store.Payment) {
		if p.Extra != nil {
			p.Extra = []byte(`{}`)
		}
	})},
	{"writes at most 500", "a thousand payments, a duplicate and a conflict", withTx(func(tx store.Tx) store.Tx {
		return recordTx{tx, func(ctx context.Context, tx store.Tx, ps []store.Payment) ([]store.Outcome, error) {
			os, err := tx.Record(ctx, ps[:min(len(ps), 500)])
			return append(os, make([]store.Outcome, len(ps)-len(os))...), err
		}}
	})},
	{"chokes on nothing", "nothing to write is no error", withTx(func(tx store.Tx) store.Tx {
		return recordTx{tx, func(ctx context.Context, tx store.Tx, ps []store.Payment) ([]store.Outcome, error) {
			if len(ps) == 0 {
				return nil, errors.New("syntax error near VALUES")
			}
			return tx.Record(ctx, ps)
		}}
	})},
	{"keeps two decimals", "amounts are exact at their bounds", before(func(p *store.Payment) {
		if d, _ := p.Amount.Currency.Decimals(); d > 2 {
			p.Amount.Minor -= p.Amount.Minor % 100
		}
	})},
	{"keeps floats", "amounts are exact at their bounds", before(func(p *store.Payment) { p.Amount.Minor = int64(float32(p.Amount.Minor)) })},
	{"keeps whole seconds", "times keep their milliseconds", before(func(p *store.Payment) { p.OccurredAt = p.OccurredAt.Truncate(time.Second) })},
}

// overwriting answers well and writes the new content nevertheless.
func overwriting() store.Store {
	b := &broken{Memory: storetest.NewMemory()}
	newest := map[string]store.Payment{}
	b.tx = func(tx store.Tx) store.Tx {
		return recordTx{tx, func(ctx context.Context, tx store.Tx, ps []store.Payment) ([]store.Outcome, error) {
			for _, p := range ps {
				newest[p.TransactionID] = p
			}
			return tx.Record(ctx, ps)
		}}
	}
	b.reader = func(r store.Reader) store.Reader {
		return brokenReader{Reader: r, payments: func(ctx context.Context, r store.Reader, q store.PaymentQuery) (store.Page[store.Payment], error) {
			page, err := r.Payments(ctx, q)
			for i, p := range page.Items {
				page.Items[i] = newest[p.TransactionID]
			}
			return page, err
		}}
	}
	return b
}

type updateFunc = func(b *broken, ctx context.Context, fn func(context.Context, store.Tx) error) error

func updating(update updateFunc) func() store.Store {
	return func() store.Store { return &broken{Memory: storetest.NewMemory(), update: update} }
}

// noRollback commits although the function failed, panicked or ran out of time.
func noRollback(b *broken, ctx context.Context, fn func(context.Context, store.Tx) error) error {
	var failed error
	var panicked any
	err := b.Memory.Update(context.WithoutCancel(ctx), func(_ context.Context, tx store.Tx) error {
		defer func() { panicked = recover() }()
		failed = fn(ctx, tx)
		return nil
	})
	if panicked != nil {
		panic(panicked)
	}
	return errors.Join(failed, err)
}

// noTransaction commits each write by itself.
func noTransaction(b *broken, ctx context.Context, fn func(context.Context, store.Tx) error) error {
	return fn(ctx, autocommit{b.Memory})
}

type autocommit struct{ m *storetest.Memory }

func (a autocommit) Claim(ctx context.Context, w store.Writer) (landed bool, err error) {
	err = a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { landed, err = tx.Claim(ctx, w); return err })
	return landed, err
}

func (a autocommit) Record(ctx context.Context, ps []store.Payment) (os []store.Outcome, err error) {
	err = a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { os, err = tx.Record(ctx, ps); return err })
	return os, err
}

func (a autocommit) Quarantine(ctx context.Context, es []quarantine.Entry) error {
	return a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.Quarantine(ctx, es) })
}

func (a autocommit) Transition(ctx context.Context, ts []quarantine.Transition) (done []bool, err error) {
	err = a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { done, err = tx.Transition(ctx, ts); return err })
	return done, err
}

func (a autocommit) Tally(ctx context.Context, lines []store.TallyLine) error {
	return a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.Tally(ctx, lines) })
}

func (a autocommit) Outage(ctx context.Context, o store.Outage) error {
	return a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { return tx.Outage(ctx, o) })
}

func (a autocommit) Control(ctx context.Context, cs []store.Control) (os []store.ControlOutcome, err error) {
	err = a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		os, err = store.Controls(tx).Control(ctx, cs)
		return err
	})
	return os, err
}

func (a autocommit) Redrive(ctx context.Context, r store.Redrive) (landed bool, err error) {
	err = a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { landed, err = store.Desk(tx).Redrive(ctx, r); return err })
	return landed, err
}

func (a autocommit) Mend(ctx context.Context, m quarantine.Mending) (done bool, err error) {
	err = a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { done, err = store.Desk(tx).Mend(ctx, m); return err })
	return done, err
}

func (a autocommit) Purge(ctx context.Context, ids []string) (n int64, err error) {
	err = a.m.Update(ctx, func(ctx context.Context, tx store.Tx) error { n, err = store.Desk(tx).Purge(ctx, ids); return err })
	return n, err
}

// forgetful loses everything when it is migrated, or reopened.
type forgetful struct{ *broken }

func (f forgetful) Migrate(context.Context) error {
	f.Memory = storetest.NewMemory()
	return nil
}

var brokenCommits = []brokenStore{
	{"commits on error", "an error of the function leaves nothing behind", updating(noRollback)},
	{"classifies every error", "the function's own error comes back", updating(func(b *broken, ctx context.Context, fn func(context.Context, store.Tx) error) error {
		if err := b.Memory.Update(ctx, fn); err != nil {
			return &store.Error{Class: store.ClassOutage, Op: "update", Err: err}
		}
		return nil
	})},
	{"commits on panic", "a panic leaves nothing behind", updating(noRollback)},
	{"breaks on a rollback", "a store works on after a rollback", brokenByRollback},
	{"shows what is not committed", "what is not committed is not seen", updating(noTransaction)},
	{"writes at the commit", "a transaction sees its own writes", withTx(func(tx store.Tx) store.Tx {
		return recordTx{tx, func(ctx context.Context, tx store.Tx, ps []store.Payment) ([]store.Outcome, error) {
			os, err := tx.Record(ctx, ps)
			for i := range os {
				os[i] = store.Outcome{Kind: store.Recorded}
			}
			return os, err
		}}
	})},
	{"takes no notice of contexts", "an ended context ends the transaction", updating(noRollback)},
	{"makes its tables anew", "migrating twice changes nothing", func() store.Store { return forgetful{&broken{Memory: storetest.NewMemory()}} }},
	{"keeps nothing", "what is committed outlives the store", updating(func(b *broken, ctx context.Context, fn func(context.Context, store.Tx) error) error {
		return storetest.NewMemory().Update(ctx, fn)
	})},
	{"loses its numbers", "a writer's numbers advance one by one", claiming(func(ctx context.Context, tx store.Tx, w store.Writer) (bool, error) {
		w.Seq = 1
		return tx.Claim(ctx, w)
	})},
	{"claims twice", "a number that was committed has landed", claiming(func(ctx context.Context, tx store.Tx, w store.Writer) (bool, error) {
		_, err := tx.Claim(ctx, w)
		return false, err
	})},
	{"fences nobody", "a gap or a step back is fenced", claiming(func(ctx context.Context, tx store.Tx, w store.Writer) (bool, error) {
		landed, err := tx.Claim(ctx, w)
		if errors.Is(err, store.ErrFenced) {
			return false, nil
		}
		return landed, err
	})},
	{"tallies what had landed", "a transaction run again counts once", claiming(func(ctx context.Context, tx store.Tx, w store.Writer) (bool, error) {
		_, err := tx.Claim(ctx, w)
		return false, err
	})},
}

func brokenByRollback() store.Store {
	spoilt := false
	return &broken{Memory: storetest.NewMemory(), update: func(b *broken, ctx context.Context, fn func(context.Context, store.Tx) error) error {
		if spoilt {
			return errors.New("current transaction is aborted")
		}
		err := b.Memory.Update(ctx, fn)
		spoilt = err != nil
		return err
	}}
}

var brokenSums = []brokenStore{
	{"loses the tally of duplicates", "totals are what was tallied", tallying(func(l *store.TallyLine) {
		if l.Fate == store.FateDuplicate {
			l.Count = 0
		}
	})},
	{"counts control totals as duplicates", "totals are what was tallied", tallying(func(l *store.TallyLine) {
		if l.Fate == store.FateControl {
			l.Fate = store.FateDuplicate
		}
	})},
	{"replaces tallies", "tallies of one key add up", replacingTally},
	{"counts all methods as one writer's", "every part of a tally's key counts", tallying(func(l *store.TallyLine) {
		if l.Currency == "USD" {
			l.Currency = "BRL"
		}
	})},
	{"sums in floats", "sums beyond 64 bits are exact", tallying(func(l *store.TallyLine) { l.Amount = payment.Total{}.Add(payment.Money{Minor: 1 << 62}) })},
	{"counts all entries as held", "totals count entries by their state now", reading(brokenReader{totals: func(t store.Totals) store.Totals {
		t.States = map[quarantine.State]int64{quarantine.Held: 6}
		return t
	}})},
	{"loses tallies at once", "transactions at once lose no tally and write no id twice", losingTally},
	{"shows halves of transactions", "readers and writers at once", reading(brokenReader{totals: func(t store.Totals) store.Totals {
		t.Recorded++
		return t
	}})},
	{"drops who closed it", "an outage comes back as it was written", outages(func(o *store.Outage) { o.ClosedBy = "" })},
	{"writes outages once", "an outage written again replaces itself", outages(func(o *store.Outage) { o.ID += o.LastError })},
	{"lists the oldest outage first", "outages come the latest first", reading(brokenReader{outages: func(ctx context.Context, r store.Reader, q store.OutageQuery) (store.Page[store.Outage], error) {
		page, err := r.Outages(ctx, q)
		slices.Reverse(page.Items)
		return page, err
	}})},
	{"lists ended outages as open", "only open outages on request", reading(brokenReader{outages: func(ctx context.Context, r store.Reader, q store.OutageQuery) (store.Page[store.Outage], error) {
		q.OpenOnly = false
		return r.Outages(ctx, q)
	}})},
}

func outages(change func(*store.Outage)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx { return sumTx{Tx: tx, outage: change} })
}

// replacingTally keeps the last line of each key only.
func replacingTally() store.Store {
	seen := map[store.TallyKey]bool{}
	return tallying(func(l *store.TallyLine) {
		if seen[l.TallyKey] {
			l.Count, l.Amount = 0, payment.Total{}
		}
		seen[l.TallyKey] = true
	})()
}

// losingTally loses one line in seven, as a race would.
func losingTally() store.Store {
	n := 0
	return tallying(func(l *store.TallyLine) {
		if n++; n%7 == 0 {
			l.Count = 0
		}
	})()
}
