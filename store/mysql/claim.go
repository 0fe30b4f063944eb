package mysql

import (
	"context"
	"fmt"

	"recibo/store"
)

const writerColumns = "writer, recorder, host, version, started_at, seen_at, seq"

// Claim takes the writer's next number. A transaction that is still being
// committed under it holds the row: this waits for its end.
func (t *tx) Claim(ctx context.Context, w store.Writer) (bool, error) {
	var s statement
	if w.Seq == 1 {
		s.sql("INSERT INTO writers (" + writerColumns + ") VALUES (")
		s.text(w.ID)
		s.text(w.Recorder)
		s.text(w.Host)
		s.text(w.Version)
		s.time(w.StartedAt)
		s.time(w.SeenAt)
		s.integer(w.Seq)
		s.sql(")")
	} else {
		s.sql("UPDATE writers SET seq = ")
		s.integer(w.Seq)
		s.sql(", seen_at = ")
		s.time(w.SeenAt)
		s.sql(" WHERE writer = ")
		s.text(w.ID)
		s.sql(" AND seq = ")
		s.integer(w.Seq - 1)
	}
	op := fmt.Sprintf("claim number %d", w.Seq)
	r := s.request(op, inGeneral)
	r.mayStand = w.Seq == 1
	if changed, err := t.exec(ctx, r); t.failed != nil || changed == 1 {
		return false, err
	}
	s = s[:0]
	s.sql("SELECT seq FROM writers WHERE writer = ")
	s.text(w.ID)
	seqs, err := query(ctx, t, s.request(op, inGeneral), scanInteger)
	switch {
	case err != nil:
		return false, err
	case len(seqs) == 1 && seqs[0] == w.Seq:
		return true, nil
	}
	return false, fmt.Errorf("%s: %w", op, store.ErrFenced)
}
