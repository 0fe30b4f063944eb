package redrive

import (
	"context"
	"errors"
	"slices"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// ErrState says that a purge was asked to remove what nobody has decided about.
var ErrState = errors.New("only resolved and discarded entries can be purged")

// PurgeStates are the states of entries that may be purged.
var PurgeStates = []quarantine.State{quarantine.Resolved, quarantine.Discarded}

// PurgeSelected returns the states that a purge of this selection is about, or
// ErrState.
func PurgeSelected(s Selection) ([]quarantine.State, error) {
	for _, state := range s.States {
		if !slices.Contains(PurgeStates, state) {
			return nil, ErrState
		}
	}
	if len(s.States) == 0 {
		return PurgeStates, nil
	}
	return s.States, nil
}

// Purge removes every selected entry that is resolved or discarded and was
// first seen before the cut-off, with its history. Those that were held again
// in between stay.
func (d *Desk) Purge(ctx context.Context, s Selection, cutoff time.Time, progress func(int64)) (done Done, err error) {
	states, err := PurgeSelected(s)
	if err != nil {
		return done, err
	}
	p := d.patient()
	err = d.each(ctx, p, s, cutoff, states, func(es []quarantine.Entry) error {
		err := d.purge(ctx, p, es, &done)
		if progress != nil {
			progress(done.Done)
		}
		return err
	})
	return done, err
}

func (d *Desk) purge(ctx context.Context, p *patientStore, es []quarantine.Entry, done *Done) error {
	ids := make([]string, len(es))
	for i := range es {
		ids[i] = es[i].ID
	}
	var n int64
	err := store.Retry(ctx, p, func(ctx context.Context, tx store.Tx) (err error) {
		n, err = store.Desk(tx).Purge(ctx, ids)
		return err
	})
	if err != nil || n == int64(len(ids)) {
		done.Done += n
		return err
	}
	// Some stayed, or a commit had landed whose answer was lost: look.
	page, err := ask(ctx, p.waiting, func(ctx context.Context) (store.Page[quarantine.Entry], error) {
		return d.Store.Reader().Entries(ctx, store.EntryQuery{IDs: ids, Order: store.ByID, WithoutBody: true})
	})
	if err != nil {
		return err
	}
	done.Done += int64(len(ids) - len(page.Items))
	for i := range page.Items {
		lines, err := d.history(ctx, p, page.Items[i].ID)
		if err != nil {
			return err
		}
		done.lose(lossFrom(page.Items[i].ID, lines))
	}
	return nil
}
