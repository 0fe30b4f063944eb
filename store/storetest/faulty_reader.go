package storetest

import (
	"context"

	"recibo/quarantine"
	"recibo/store"
)

// Reader returns a reader that fails while the store is down.
func (f *Faulty) Reader() store.Reader { return faultyReader{f.Store.Reader(), f} }

type faultyReader struct {
	r store.Reader
	f *Faulty
}

// unlessDown asks the wrapped reader when the store is up.
func unlessDown[Q, A any](ctx context.Context, f *Faulty, ask func(context.Context, Q) (A, error), q Q) (A, error) {
	if err := f.isDown(); err != nil {
		var none A
		return none, err
	}
	return ask(ctx, q)
}

func (r faultyReader) Totals(ctx context.Context) (store.Totals, error) {
	if err := r.f.isDown(); err != nil {
		return store.Totals{}, err
	}
	return r.r.Totals(ctx)
}

func (r faultyReader) Payments(ctx context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	return unlessDown(ctx, r.f, r.r.Payments, q)
}

func (r faultyReader) Entries(ctx context.Context, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
	return unlessDown(ctx, r.f, r.r.Entries, q)
}

func (r faultyReader) Causes(ctx context.Context, q store.EntryQuery) ([]store.Cause, error) {
	return unlessDown(ctx, r.f, r.r.Causes, q)
}

func (r faultyReader) History(ctx context.Context, entryID string) ([]quarantine.HistoryLine, error) {
	return unlessDown(ctx, r.f, r.r.History, entryID)
}

func (r faultyReader) Outages(ctx context.Context, q store.OutageQuery) (store.Page[store.Outage], error) {
	return unlessDown(ctx, r.f, r.r.Outages, q)
}

func (r faultyReader) Controls(ctx context.Context, q store.ControlQuery) (store.Page[store.Control], error) {
	return unlessDown(ctx, r.f, store.ReadControls(r.r).Controls, q)
}

func (r faultyReader) Redrives(ctx context.Context, q store.RedriveQuery) (store.Page[store.Redrive], error) {
	return unlessDown(ctx, r.f, store.ReadRedrives(r.r).Redrives, q)
}
