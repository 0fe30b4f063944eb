package mysql

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"recibo/store"
)

const redriveColumns = `id, filter, cutoff, actor, note, rate, total, seq, runner, last_entry, moved, refused,
	state, began_at, seen_at, ended_at`

// claimed is what stands of a run.
type claimed struct {
	seq    int64
	runner string
}

func scanClaimed(rows *sql.Rows) (c claimed, err error) {
	err = rows.Scan(&c.seq, &c.runner)
	return c, err
}

// Redrive locks the row of a run, and judges and writes it. Of two processes
// that make the same run at once one finds the key taken: it is to do so again,
// and then finds the row.
func (t *tx) Redrive(ctx context.Context, r store.Redrive) (bool, error) {
	op := fmt.Sprintf("write change %d of a redrive", r.Seq)
	var s statement
	s.sql("SELECT seq, runner FROM redrives WHERE id = ")
	s.text(r.ID)
	s.sql(" FOR UPDATE")
	stands, err := query(ctx, t, s.request(op, inGeneral), scanClaimed)
	if err != nil {
		return false, err
	}
	var last claimed
	if len(stands) > 0 {
		last = stands[0]
	}
	landed, err := store.ClaimRedrive(len(stands) > 0, last.seq, last.runner, &r)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	if landed {
		return true, nil
	}
	s = s[:0]
	s.redrive(&r)
	if len(stands) > 0 {
		s.replace(redriveColumns)
	}
	_, err = t.exec(ctx, s.request(op, inGeneral))
	return false, err
}

func (s *statement) redrive(r *store.Redrive) {
	s.sql("INSERT INTO redrives (" + redriveColumns + ") VALUES (")
	s.text(r.ID)
	s.text(r.Filter)
	s.time(r.Cutoff)
	s.text(r.Actor)
	s.textOrNull(r.Note)
	s.integer(int64(r.Rate))
	s.integer(r.Total)
	s.integer(r.Seq)
	s.text(r.Runner)
	s.text(r.Cursor)
	s.integer(r.Moved)
	s.integer(r.Refused)
	s.text(string(r.State))
	s.time(r.BeganAt)
	s.time(r.SeenAt)
	s.timeOrNull(r.EndedAt)
	s.sql(")")
}

// replace has an insertion overwrite the row that stands under its key.
func (s *statement) replace(columns string) {
	s.sql(" ON DUPLICATE KEY UPDATE ")
	for i, column := range strings.Split(columns, ",") {
		if i > 0 {
			s.sql(", ")
		}
		column = strings.TrimSpace(column)
		s.sql(column + " = VALUES(" + column + ")")
	}
}

func scanRedrive(rows *sql.Rows) (store.Redrive, error) {
	var r store.Redrive
	var ended sql.Null[time.Time]
	err := rows.Scan(&r.ID, &r.Filter, &r.Cutoff, &r.Actor, (*text)(&r.Note), &r.Rate, &r.Total, &r.Seq, &r.Runner, &r.Cursor,
		&r.Moved, &r.Refused, &r.State, &r.BeganAt, &r.SeenAt, &ended)
	r.EndedAt = ended.V
	return r, err
}

// Redrives reads a page of runs, the latest first.
func (r reader) Redrives(ctx context.Context, q store.RedriveQuery) (store.Page[store.Redrive], error) {
	var w where
	if q.ID != "" {
		w.inASCII("id", []string{q.ID})
	}
	w.inASCII("state", texts(q.States))
	l := list{store.List{Name: "redrives"}, "began_at", "id", redriveColumns}
	return read(ctx, r, l, w, q.Limit, q.After, scanRedrive, func(d *store.Redrive) store.Place {
		return store.Place{Time: d.BeganAt, ID: d.ID}
	})
}
