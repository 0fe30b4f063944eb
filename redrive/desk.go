package redrive

import (
	"context"
	"log/slog"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// Desk is where people act on entries without a queue. Outages of the store are
// waited for until ctx ends.
type Desk struct {
	Store       store.Store
	StoreTarget string // for the log
	Decoding    wire.Options
	Actor       string
	Note        string
	Log         *slog.Logger
}

// Bounds of what people write, in bytes.
const (
	maxActor = 256
	maxNote  = 4096
)

// Done is what became of an act on many entries.
type Done struct {
	Done   int64
	Lost   int64  // entries on which somebody else acted first
	Losses []Loss // the first few of them
}

func (d *Done) lose(l Loss) {
	if d.Lost++; len(d.Losses) < mostLosses {
		d.Losses = append(d.Losses, l)
	}
}

func (d *Desk) patient() *patientStore {
	return &patientStore{d.Store, newWaiting("store", d.StoreTarget, d.Log)}
}

// Discard moves every held entry that is selected and was first seen before the
// cut-off to discarded. progress, which may be nil, is told how many are.
func (d *Desk) Discard(ctx context.Context, s Selection, cutoff time.Time, progress func(int64)) (done Done, err error) {
	p := d.patient()
	err = d.each(ctx, p, s, cutoff, []quarantine.State{quarantine.Held}, func(es []quarantine.Entry) error {
		err := d.discard(ctx, p, es, &done)
		if progress != nil {
			progress(done.Done)
		}
		return err
	})
	return done, err
}

func (d *Desk) discard(ctx context.Context, p *patientStore, es []quarantine.Entry, done *Done) error {
	ts := make([]quarantine.Transition, len(es))
	now := payment.Normalize(time.Now())
	for i := range es {
		ts[i] = quarantine.Transition{EntryID: es[i].ID, From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator,
			Attempt: es[i].Attempt, Actor: quarantine.Text(d.Actor, maxActor), Note: quarantine.Text(d.Note, maxNote), At: now}
	}
	var moved []bool
	err := store.Retry(ctx, p, func(ctx context.Context, tx store.Tx) (err error) {
		moved, err = tx.Transition(ctx, ts)
		return err
	})
	if err != nil {
		return err
	}
	for i, ok := range moved {
		if ok {
			done.Done++
			continue
		}
		lines, err := d.history(ctx, p, es[i].ID)
		if err != nil {
			return err
		}
		if isOurs(lines, quarantine.HistoryLine{From: quarantine.Held, To: quarantine.Discarded, Actor: ts[i].Actor, Note: ts[i].Note, At: now}) {
			done.Done++ // the commit had landed, and its answer was lost
			continue
		}
		done.lose(lossFrom(es[i].ID, lines))
	}
	return nil
}

func (d *Desk) history(ctx context.Context, p *patientStore, entryID string) ([]quarantine.HistoryLine, error) {
	return ask(ctx, p.waiting, func(ctx context.Context) ([]quarantine.HistoryLine, error) {
		return d.Store.Reader().History(ctx, entryID)
	})
}

// isOurs looks for the line that an act of ours wrote. Nobody else has the same
// name, words and millisecond.
func isOurs(lines []quarantine.HistoryLine, ours quarantine.HistoryLine) bool {
	return slices.ContainsFunc(lines, func(l quarantine.HistoryLine) bool {
		sameBody := (l.MendedSHA256 == nil) == (ours.MendedSHA256 == nil) &&
			(l.MendedSHA256 == nil || *l.MendedSHA256 == *ours.MendedSHA256)
		return l.From == ours.From && l.To == ours.To && l.Actor == ours.Actor && l.Note == ours.Note && l.At.Equal(ours.At) && sameBody
	})
}

// each hands the selected entries to act, page by page, with bodies only where
// the selection needs them.
func (d *Desk) each(ctx context.Context, p *patientStore, s Selection, cutoff time.Time, states []quarantine.State, act func([]quarantine.Entry) error) error {
	s, err := s.check()
	if err != nil {
		return err
	}
	q := s.query(cutoff, states...)
	q.Limit, q.WithoutBody = pageSize, s.Source == ""
	for {
		page, err := ask(ctx, p.waiting, func(ctx context.Context) (store.Page[quarantine.Entry], error) {
			return d.Store.Reader().Entries(ctx, q)
		})
		if err != nil {
			return err
		}
		es := slices.DeleteFunc(page.Items, func(e quarantine.Entry) bool { return !s.matches(&e, d.Decoding) })
		if len(es) > 0 {
			if err := act(es); err != nil {
				return err
			}
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
		if err := ctx.Err(); err != nil {
			return err
		}
	}
}
