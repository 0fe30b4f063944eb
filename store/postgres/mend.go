package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"

	"recibo/quarantine"
)

var (
	lockMendedStatement = newStatement("lock_mended", "SELECT id, state, attempt, reason, mended_body FROM quarantine WHERE id = $1 FOR UPDATE")
	mendStatement       = newStatement("mend", "UPDATE quarantine SET mended_body = $2 WHERE id = $1")

	purgeHistoryStatement = newStatement("purge_history", "DELETE FROM quarantine_history WHERE entry_id = ANY ($1::text[])")
	purgeStatement        = newStatement("purge", "DELETE FROM quarantine WHERE id = ANY ($1::text[])")
)

// Mend locks an entry, and puts a mended body beside its original.
func (t *tx) Mend(ctx context.Context, m quarantine.Mending) (bool, error) {
	const op = "mend an entry"
	stand, err := query(ctx, t, request{op: op, statement: lockMendedStatement, params: [][]byte{textParam(m.EntryID)}}, scanMended)
	if err != nil || len(stand) == 0 {
		return false, err
	}
	line, ok := stand[0].Mend(&m)
	if !ok {
		return false, nil
	}
	t.later(request{op: op, statement: mendStatement, params: [][]byte{textParam(m.EntryID), m.Body}})
	t.history(op, []quarantine.HistoryLine{line})
	return true, nil
}

func scanMended(row pgx.CollectableRow) (*quarantine.Standing, error) {
	var s quarantine.Standing
	err := row.Scan(&s.ID, (*string)(&s.State), &s.Attempt, (*string)(&s.Reason), &s.Mended)
	return &s, err
}

// Purge locks entries, and removes those that are done with: their history
// first, which refers to them.
func (t *tx) Purge(ctx context.Context, ids []string) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
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
	if len(over) > 0 {
		params := [][]byte{textArray(over)}
		t.later(request{op: op, statement: purgeHistoryStatement, params: params})
		t.later(request{op: op, statement: purgeStatement, params: params})
	}
	return int64(len(over)), nil
}
