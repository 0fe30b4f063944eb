package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"slices"

	"recibo/quarantine"
	"recibo/store"
)

// Mend locks an entry, and puts a mended body beside its original.
func (t *tx) Mend(ctx context.Context, m quarantine.Mending) (bool, error) {
	const op = "mend an entry"
	var s statement
	s.sql("SELECT id, state, attempt, reason, mended_body FROM quarantine WHERE id = ")
	s.text(m.EntryID)
	s.sql(" FOR UPDATE")
	stand, err := query(ctx, t, s.request(op, inGeneral), scanMended)
	if err != nil || len(stand) == 0 {
		return false, err
	}
	line, ok := stand[0].Mend(&m)
	if !ok {
		return false, nil
	}
	s = s[:0]
	s.sql("UPDATE quarantine SET mended_body = ")
	s.bytesOrNull(m.Body)
	s.sql(" WHERE id = ")
	s.text(m.EntryID)
	t.later(s.request(op, inGeneral))
	t.history(op, []quarantine.HistoryLine{line})
	return true, nil
}

func scanMended(rows *sql.Rows) (*quarantine.Standing, error) {
	var s quarantine.Standing
	err := rows.Scan(&s.ID, &s.State, &s.Attempt, &s.Reason, &s.Mended)
	return &s, err
}

// Purge locks entries, and removes those that are done with: their history
// first, which refers to them.
func (t *tx) Purge(ctx context.Context, ids []string) (int64, error) {
	op := fmt.Sprintf("purge %d entries", len(ids))
	stand, err := t.lock(ctx, op, ids)
	if err != nil {
		return 0, err
	}
	var over []string
	for _, id := range ids {
		if s := stand[id]; s != nil && (s.State == quarantine.Resolved || s.State == quarantine.Discarded) {
			over = append(over, id)
		}
	}
	for part := range slices.Chunk(over, store.MaxPage) {
		for _, from := range []string{"quarantine_history WHERE entry_id IN ", "quarantine WHERE id IN "} {
			var s statement
			s.sql("DELETE FROM " + from)
			s.texts(part)
			t.later(s.request(op, inGeneral))
		}
	}
	return int64(len(over)), nil
}
