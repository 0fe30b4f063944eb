package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"recibo/quarantine"
	"recibo/store"
)

var _ store.DeskTx = (*tx)(nil)

// redriveRow is what scanRedrive reads.
const redriveRow = `id, filter, cutoff, actor, note, rate, total, seq, runner, last_entry, moved, refused,
	state, began_at, seen_at, ended_at`

// Redrive judges a change of a run, and writes the whole row.
func (t *tx) Redrive(ctx context.Context, r store.Redrive) (bool, error) {
	op := fmt.Sprintf("write change %d of a redrive", r.Seq)
	var seq int64
	var runner string
	found, err := t.find(ctx, "SELECT seq, runner FROM redrives WHERE id = ?", []any{r.ID}, &seq, &runner)
	if err != nil {
		return false, t.fail(op, err, inGeneral)
	}
	landed, err := store.ClaimRedrive(found, seq, runner, &r)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	if landed {
		return true, nil
	}
	_, err = t.exec(ctx, "REPLACE INTO redrives ("+redriveRow+") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
		r.ID, r.Filter, timeText(r.Cutoff), r.Actor, textOrNull(r.Note), r.Rate, r.Total, r.Seq, r.Runner, r.Cursor,
		r.Moved, r.Refused, string(r.State), timeText(r.BeganAt), timeText(r.SeenAt), timeOrNull(r.EndedAt))
	if err != nil {
		return false, t.fail(op, err, inGeneral)
	}
	return false, nil
}

func scanRedrive(rows *sql.Rows) (store.Redrive, error) {
	var r store.Redrive
	err := rows.Scan(&r.ID, &r.Filter, moment{&r.Cutoff}, &r.Actor, (*text)(&r.Note), &r.Rate, &r.Total, &r.Seq, &r.Runner, &r.Cursor,
		&r.Moved, &r.Refused, &r.State, moment{&r.BeganAt}, moment{&r.SeenAt}, moment{&r.EndedAt})
	return r, err
}

// Redrives reads a page of runs, the latest first.
func (r reader) Redrives(ctx context.Context, q store.RedriveQuery) (store.Page[store.Redrive], error) {
	var w where
	if q.ID != "" {
		w.add("id = ?", q.ID)
	}
	w.in("state", texts(q.States))
	list := list{table: "redrives", time: "began_at", id: "id", columns: redriveRow, limit: q.Limit, after: q.After}
	return read(ctx, r, list, w, scanRedrive, func(d *store.Redrive) store.Place { return store.Place{Time: d.BeganAt, ID: d.ID} })
}

// Mend puts a mended body beside an entry's original.
func (t *tx) Mend(ctx context.Context, m quarantine.Mending) (bool, error) {
	done, err := t.mend(ctx, &m)
	if err != nil {
		return false, t.fail("mend an entry", err, inGeneral)
	}
	return done, nil
}

func (t *tx) mend(ctx context.Context, m *quarantine.Mending) (bool, error) {
	e, found, err := t.entry(ctx, m.EntryID)
	if err != nil || !found {
		return false, err
	}
	if _, err := t.find(ctx, "SELECT mended_body FROM quarantine WHERE id = ?", []any{m.EntryID}, blob{&e.Mended}); err != nil {
		return false, err
	}
	line, ok := e.Mend(m)
	if !ok {
		return false, nil
	}
	if _, err := t.exec(ctx, "UPDATE quarantine SET mended_body = ? WHERE id = ?", m.Body, m.EntryID); err != nil {
		return false, err
	}
	return true, t.history(ctx, line)
}

// Purge removes entries that are done with: their history first, which refers
// to them.
func (t *tx) Purge(ctx context.Context, ids []string) (int64, error) {
	const done = " IN (SELECT id FROM quarantine WHERE id IN (SELECT value FROM json_each(?)) AND state IN ('resolved', 'discarded'))"
	op := fmt.Sprintf("purge %d entries", len(ids))
	text := jsonText(ids)
	if _, err := t.exec(ctx, "DELETE FROM quarantine_history WHERE entry_id"+done, text); err != nil {
		return 0, t.fail(op, err, inGeneral)
	}
	n, err := t.exec(ctx, "DELETE FROM quarantine WHERE id"+done, text)
	if err != nil {
		return 0, t.fail(op, err, inGeneral)
	}
	return n, nil
}
