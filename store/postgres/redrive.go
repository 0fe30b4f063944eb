package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"recibo/store"
)

const redriveColumns = `id, filter, cutoff, actor, note, rate, total, seq, runner, last_entry, moved, refused,
	state, began_at, seen_at, ended_at`

var (
	claimRedriveStatement = newStatement("redrive_claim", "SELECT seq, runner FROM redrives WHERE id = $1 FOR UPDATE")

	firstRedriveStatement = newStatement("redrive_first", `INSERT INTO redrives (`+redriveColumns+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)`)

	nextRedriveStatement = newStatement("redrive_next", `UPDATE redrives SET (`+redriveColumns+`)
		= ROW ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16) WHERE id = $1`)
)

// claimed is what stands of a run.
type claimed struct {
	seq    int64
	runner string
}

func scanClaimed(row pgx.CollectableRow) (c claimed, err error) {
	err = row.Scan(&c.seq, &c.runner)
	return c, err
}

// Redrive locks the row of a run, and judges and writes it. Of two processes
// that make the same run at once one finds the key taken: it is to do so again,
// and then finds the row.
func (t *tx) Redrive(ctx context.Context, r store.Redrive) (bool, error) {
	op := fmt.Sprintf("write change %d of a redrive", r.Seq)
	stands, err := query(ctx, t, request{op: op, statement: claimRedriveStatement, params: [][]byte{textParam(r.ID)}}, scanClaimed)
	if err != nil {
		return false, err
	}
	write := firstRedriveStatement
	var last claimed
	if len(stands) > 0 {
		write, last = nextRedriveStatement, stands[0]
	}
	landed, err := store.ClaimRedrive(len(stands) > 0, last.seq, last.runner, &r)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	if !landed {
		t.later(request{op: op, statement: write, params: redriveParams(&r)})
	}
	return landed, nil
}

func redriveParams(r *store.Redrive) [][]byte {
	return [][]byte{textParam(r.ID), textParam(r.Filter), timeParam(r.Cutoff), textParam(r.Actor), textOrNullParam(r.Note),
		integerParam(int64(r.Rate)), integerParam(r.Total), integerParam(r.Seq), textParam(r.Runner), textParam(r.Cursor),
		integerParam(r.Moved), integerParam(r.Refused), textParam(string(r.State)),
		timeParam(r.BeganAt), timeParam(r.SeenAt), timeOrNullParam(r.EndedAt)}
}

func scanRedrive(row pgx.CollectableRow) (store.Redrive, error) {
	var r store.Redrive
	var ended pgtype.Timestamptz
	err := row.Scan(&r.ID, &r.Filter, &r.Cutoff, &r.Actor, (*text)(&r.Note), &r.Rate, &r.Total, &r.Seq, &r.Runner, &r.Cursor,
		&r.Moved, &r.Refused, (*string)(&r.State), &r.BeganAt, &r.SeenAt, &ended)
	r.EndedAt = ended.Time
	return r, err
}

// Redrives reads a page of runs, the latest first.
func (r reader) Redrives(ctx context.Context, q store.RedriveQuery) (store.Page[store.Redrive], error) {
	var w where
	if q.ID != "" {
		w.add("id = ?", q.ID)
	}
	w.in("state", texts(q.States))
	l := list{store.List{Name: "redrives"}, "began_at", "id", redriveColumns}
	return read(ctx, r, l, w, q.Limit, q.After, scanRedrive, func(d *store.Redrive) store.Place {
		return store.Place{Time: d.BeganAt, ID: d.ID}
	})
}
