package storetest_test

import (
	"context"
	"slices"

	"recibo/quarantine"
	"recibo/store"
)

// wholeTx and wholeReader have all parts of the port: what a broken one replaces
// is its own, the rest that of the good store.
type (
	wholeTx struct {
		store.Tx
		store.ControlTx
		store.DeskTx
	}
	wholeReader struct {
		store.Reader
		store.ControlReader
		store.RedriveReader
	}
)

func complete(tx, good store.Tx) store.Tx {
	whole := wholeTx{tx, store.Controls(good), store.Desk(good)}
	if part, ok := tx.(store.ControlTx); ok {
		whole.ControlTx = part
	}
	if part, ok := tx.(store.DeskTx); ok {
		whole.DeskTx = part
	}
	return whole
}

func completeReader(r, good store.Reader) store.Reader {
	whole := wholeReader{r, store.ReadControls(good), store.ReadRedrives(good)}
	if part, ok := r.(store.ControlReader); ok {
		whole.ControlReader = part
	}
	if part, ok := r.(store.RedriveReader); ok {
		whole.RedriveReader = part
	}
	return whole
}

// controlTx replaces Control.
type controlTx struct {
	store.Tx
	do func(ctx context.Context, tx store.ControlTx, cs []store.Control) ([]store.ControlOutcome, error)
}

func (t controlTx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	return t.do(ctx, store.Controls(t.Tx), cs)
}

// controlling changes control totals on their way in.
func controlling(change func(*store.Control)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx {
		return controlTx{tx, func(ctx context.Context, tx store.ControlTx, cs []store.Control) ([]store.ControlOutcome, error) {
			cs = slices.Clone(cs)
			for i := range cs {
				change(&cs[i])
			}
			return tx.Control(ctx, cs)
		}}
	})
}

// controlled changes what is answered about control totals.
func controlled(change func([]store.Control, []store.ControlOutcome) []store.ControlOutcome) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx {
		return controlTx{tx, func(ctx context.Context, tx store.ControlTx, cs []store.Control) ([]store.ControlOutcome, error) {
			os, err := tx.Control(ctx, cs)
			return change(cs, os), err
		}}
	})
}

// controlReader replaces Controls.
type controlReader struct {
	store.Reader
	do func(ctx context.Context, r store.ControlReader, q store.ControlQuery) (store.Page[store.Control], error)
}

func (r controlReader) Controls(ctx context.Context, q store.ControlQuery) (store.Page[store.Control], error) {
	return r.do(ctx, store.ReadControls(r.Reader), q)
}

func readingControls(do func(ctx context.Context, r store.ControlReader, q store.ControlQuery) (store.Page[store.Control], error)) func() store.Store {
	return withReader(func(r store.Reader) store.Reader { return controlReader{r, do} })
}

// redriveReader replaces Redrives.
type redriveReader struct {
	store.Reader
	do func(ctx context.Context, r store.RedriveReader, q store.RedriveQuery) (store.Page[store.Redrive], error)
}

func (r redriveReader) Redrives(ctx context.Context, q store.RedriveQuery) (store.Page[store.Redrive], error) {
	return r.do(ctx, store.ReadRedrives(r.Reader), q)
}

func readingRedrives(do func(ctx context.Context, r store.RedriveReader, q store.RedriveQuery) (store.Page[store.Redrive], error)) func() store.Store {
	return withReader(func(r store.Reader) store.Reader { return redriveReader{r, do} })
}

// deskTx replaces what is not nil.
type deskTx struct {
	store.Tx
	redrive func(ctx context.Context, tx store.DeskTx, r store.Redrive) (bool, error)
	mend    func(ctx context.Context, tx store.Tx, m quarantine.Mending) (bool, error)
	purge   func(ctx context.Context, tx store.Tx, ids []string) (int64, error)
}

func (t deskTx) Redrive(ctx context.Context, r store.Redrive) (bool, error) {
	if t.redrive == nil {
		return store.Desk(t.Tx).Redrive(ctx, r)
	}
	return t.redrive(ctx, store.Desk(t.Tx), r)
}

func (t deskTx) Mend(ctx context.Context, m quarantine.Mending) (bool, error) {
	if t.mend == nil {
		return store.Desk(t.Tx).Mend(ctx, m)
	}
	return t.mend(ctx, t.Tx, m)
}

func (t deskTx) Purge(ctx context.Context, ids []string) (int64, error) {
	if t.purge == nil {
		return store.Desk(t.Tx).Purge(ctx, ids)
	}
	return t.purge(ctx, t.Tx, ids)
}

func driving(do func(ctx context.Context, tx store.DeskTx, r store.Redrive) (bool, error)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx { return deskTx{Tx: tx, redrive: do} })
}

func mending(do func(ctx context.Context, tx store.Tx, m quarantine.Mending) (bool, error)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx { return deskTx{Tx: tx, mend: do} })
}

func purging(do func(ctx context.Context, tx store.Tx, ids []string) (int64, error)) func() store.Store {
	return withTx(func(tx store.Tx) store.Tx { return deskTx{Tx: tx, purge: do} })
}

// showing changes entries on their way out.
func showing(change func(q store.EntryQuery, e *quarantine.Entry)) func() store.Store {
	return reading(brokenReader{entries: func(ctx context.Context, r store.Reader, q store.EntryQuery) (entryPage, error) {
		page, err := r.Entries(ctx, q)
		for i := range page.Items {
			change(q, &page.Items[i])
		}
		return page, err
	}})
}
