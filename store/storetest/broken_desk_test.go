package storetest_test

import (
	"context"
	"errors"
	"slices"

	"recibo/quarantine"
	"recibo/store"
)

type redrivePage = store.Page[store.Redrive]

var brokenRedrives = []brokenStore{
	{"drops the note of a redrive", "a redrive is a row that its next change replaces", driving(func(ctx context.Context, tx store.DeskTx, r store.Redrive) (bool, error) {
		r.Note = ""
		return tx.Redrive(ctx, r)
	})},
	{"keeps the first rate", "a redrive is a row that its next change replaces", driving(func(ctx context.Context, tx store.DeskTx, r store.Redrive) (bool, error) {
		r.Rate = 200
		return tx.Redrive(ctx, r)
	})},
	{"ends every redrive", "a redrive is a row that its next change replaces", driving(func(ctx context.Context, tx store.DeskTx, r store.Redrive) (bool, error) {
		r.EndedAt = r.SeenAt
		return tx.Redrive(ctx, r)
	})},
	{"changes redrives twice", "a change of a redrive that was committed has landed", driving(func(ctx context.Context, tx store.DeskTx, r store.Redrive) (bool, error) {
		_, err := tx.Redrive(ctx, r)
		return false, err
	})},
	{"fences no redrive", "a redrive that somebody else drives is fenced", driving(unfenced)},
	{"lets all drive", "of two who drive one redrive one wins", driving(unfenced)},
	{"commits redrives alone", "a redrive and its entries are one transaction", updating(noTransaction)},
	{"lists the oldest redrive first", "redrives come the latest first", readingRedrives(func(ctx context.Context, r store.RedriveReader, q store.RedriveQuery) (redrivePage, error) {
		page, err := r.Redrives(ctx, q)
		slices.Reverse(page.Items)
		return page, err
	})},
	{"ends redrives after a page", "redrives come the latest first", readingRedrives(func(ctx context.Context, r store.RedriveReader, q store.RedriveQuery) (redrivePage, error) {
		page, err := r.Redrives(ctx, q)
		page.Next = ""
		return page, err
	})},
	{"begins redrives anew on a bad cursor", "redrives have cursors of their own", readingRedrives(func(ctx context.Context, r store.RedriveReader, q store.RedriveQuery) (redrivePage, error) {
		page, err := r.Redrives(ctx, q)
		if err != nil {
			q.After = ""
			return r.Redrives(ctx, q)
		}
		return page, err
	})},
	{"filters redrives by no state", "each filter of redrives selects its own", readingRedrives(func(ctx context.Context, r store.RedriveReader, q store.RedriveQuery) (redrivePage, error) {
		q.States = nil
		return r.Redrives(ctx, q)
	})},
	{"forgets the run", "a step to redriven names its run", blind(func(t *quarantine.Transition) { t.RedriveID = "" })},
	{"forgets the run on the way back", "a step to redriven names its run", showing(func(_ store.EntryQuery, e *quarantine.Entry) {
		if e.State == quarantine.Held {
			e.RedriveID = ""
		}
	})},
	{"filters by no run", "entries are selected by the run that redrove them", asking(func(q *store.EntryQuery) { q.RedriveID = "" })},
	{"filters by no first time", "entries are selected by the run that redrove them", asking(func(q *store.EntryQuery) { q.SeenBefore = q.Until })},
}

func unfenced(ctx context.Context, tx store.DeskTx, r store.Redrive) (bool, error) {
	landed, err := tx.Redrive(ctx, r)
	if errors.Is(err, store.ErrFenced) {
		return false, nil
	}
	return landed, err
}

var brokenMends = []brokenStore{
	{"mends the original", "a mended body stands beside the original", showing(func(_ store.EntryQuery, e *quarantine.Entry) {
		if e.MendedBody != nil {
			e.Body = e.MendedBody
		}
	})},
	{"cannot take a mended body away", "a mended body stands beside the original", mending(func(ctx context.Context, tx store.Tx, m quarantine.Mending) (bool, error) {
		if m.Body == nil {
			return true, nil
		}
		return store.Desk(tx).Mend(ctx, m)
	})},
	{"mends what is not there", "a mended body stands beside the original", mending(anyway)},
	{"keeps no hash of a mended body", "mending writes who, when, why and what", reading(brokenReader{history: func(ls []quarantine.HistoryLine) []quarantine.HistoryLine {
		for i := range ls {
			ls[i].MendedSHA256 = nil
		}
		return ls
	}})},
	{"mends without a line", "mending writes who, when, why and what", reading(brokenReader{history: func(ls []quarantine.HistoryLine) []quarantine.HistoryLine {
		return slices.DeleteFunc(ls, func(l quarantine.HistoryLine) bool { return l.From == l.To })
	}})},
	{"mends at any attempt", "a mending that expects something else is refused", mending(func(ctx context.Context, tx store.Tx, m quarantine.Mending) (bool, error) {
		done, err := store.Desk(tx).Mend(ctx, m)
		for m.Attempt = range 3 {
			if err == nil && !done {
				done, err = store.Desk(tx).Mend(ctx, m)
			}
		}
		return done, err
	})},
	{"takes an empty body for none", "an empty mended body is not none", mending(func(ctx context.Context, tx store.Tx, m quarantine.Mending) (bool, error) {
		if len(m.Body) == 0 {
			m.Body = nil
		}
		if len(m.Was) == 0 {
			m.Was = nil
		}
		return store.Desk(tx).Mend(ctx, m)
	})},
	{"redrives mended bodies away", "a mended body outlives what becomes of its entry", showing(func(_ store.EntryQuery, e *quarantine.Entry) {
		if e.State != quarantine.Held {
			e.MendedBody = nil
		}
	})},
	{"lets all mend", "of two who mend one entry one wins", mending(anyway)},
	{"leaves out mended bodies too", "an entry without its body keeps the mended one", showing(func(q store.EntryQuery, e *quarantine.Entry) {
		if q.WithoutBody {
			e.MendedBody = nil
		}
	})},
}

// anyway says that it mended.
func anyway(ctx context.Context, tx store.Tx, m quarantine.Mending) (bool, error) {
	_, err := store.Desk(tx).Mend(ctx, m)
	return true, err
}

var brokenPurges = []brokenStore{
	{"purges nothing", "purging removes what is done with, and its history", purging(func(_ context.Context, _ store.Tx, _ []string) (int64, error) {
		return 1, nil
	})},
	{"counts what was asked for", "purging removes what is done with, and its history", purging(func(ctx context.Context, tx store.Tx, ids []string) (int64, error) {
		_, err := store.Desk(tx).Purge(ctx, ids)
		return int64(len(ids)), err
	})},
	{"leaves history behind", "purging removes what is done with, and its history", keepsHistory},
	{"purges what is held", "purging leaves what waits or is on its way", purging(func(ctx context.Context, tx store.Tx, ids []string) (int64, error) {
		for _, id := range ids {
			away := quarantine.Transition{EntryID: id, To: quarantine.Discarded, By: quarantine.Operator, Actor: "ana"}
			if _, err := tryAll(ctx, tx, away); err != nil {
				return 0, err
			}
		}
		return store.Desk(tx).Purge(ctx, ids)
	})},
	{"purges at once", "a purge that is rolled back removes nothing", updating(noTransaction)},
	{"remembers what was purged", "a purged body that comes again is a new entry", showing(func(_ store.EntryQuery, e *quarantine.Entry) { e.Attempt = 1 })},
	{"purges a hundred", "a thousand entries are purged at once", purging(func(ctx context.Context, tx store.Tx, ids []string) (int64, error) {
		return store.Desk(tx).Purge(ctx, ids[:min(len(ids), 100)])
	})},
}

// keepsHistory reads lines that were purged from what it has seen.
func keepsHistory() store.Store {
	seen := map[string][]quarantine.HistoryLine{}
	b := holding(func(e *quarantine.Entry) { seen[e.ID] = []quarantine.HistoryLine{e.FirstLine()} })().(*broken)
	b.reader = func(r store.Reader) store.Reader { return keptHistory{r, seen} }
	return b
}

type keptHistory struct {
	store.Reader
	seen map[string][]quarantine.HistoryLine
}

func (k keptHistory) History(ctx context.Context, id string) ([]quarantine.HistoryLine, error) {
	lines, err := k.Reader.History(ctx, id)
	if len(lines) == 0 {
		return k.seen[id], err
	}
	return lines, err
}
