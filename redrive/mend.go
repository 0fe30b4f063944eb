package redrive

import (
	"context"
	"crypto/sha256"
	"fmt"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// Entry returns one entry with its bodies, or ErrNotThere.
func Entry(ctx context.Context, r store.Reader, id string) (quarantine.Entry, error) {
	page, err := r.Entries(ctx, store.EntryQuery{IDs: []string{id}})
	if err == nil && len(page.Items) == 0 {
		err = fmt.Errorf("entry %s: %w", id, ErrNotThere)
	}
	if err != nil {
		return quarantine.Entry{}, err
	}
	return page.Items[0], nil
}

// Mend puts body beside the original of the entry as it was read, nil takes the
// mended body away. The error is a *LostError when somebody else acted on the
// entry since it was read.
func (d *Desk) Mend(ctx context.Context, e *quarantine.Entry, body []byte) error {
	m := quarantine.Mending{EntryID: e.ID, Attempt: e.Attempt, Was: e.MendedBody, Body: body,
		Actor: quarantine.Text(d.Actor, maxActor), Note: quarantine.Text(d.Note, maxNote), At: payment.Normalize(time.Now())}
	p := d.patient()
	mended := false
	err := store.Retry(ctx, p, func(ctx context.Context, tx store.Tx) (err error) {
		mended, err = store.Desk(tx).Mend(ctx, m)
		return err
	})
	if err != nil || mended {
		return err
	}
	lines, err := d.history(ctx, p, e.ID)
	if err != nil {
		return err
	}
	ours := quarantine.HistoryLine{From: quarantine.Held, To: quarantine.Held, Actor: m.Actor, Note: m.Note, At: m.At}
	if body != nil {
		ours.MendedSHA256 = new(sha256.Sum256(body))
	}
	if isOurs(lines, ours) {
		return nil // the commit had landed, and its answer was lost
	}
	return &LostError{lossFrom(e.ID, lines)}
}

// lossOf tells who was faster.
func lossOf(ctx context.Context, r store.Reader, entryID string) (Loss, error) {
	lines, err := r.History(ctx, entryID)
	return lossFrom(entryID, lines), err
}

func lossFrom(entryID string, lines []quarantine.HistoryLine) Loss {
	l := Loss{EntryID: entryID}
	if len(lines) == 0 {
		return l
	}
	last := lines[len(lines)-1]
	l.State, l.Actor, l.Note, l.At = last.To, last.Actor, last.Note, last.At
	l.Mended = last.From == quarantine.Held && last.To == quarantine.Held
	return l
}
