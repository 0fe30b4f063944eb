package postgres

import (
	"context"
	"errors"
	"fmt"

	"recibo/store"
)

// Update runs fn in one transaction and commits it. A commit, once begun, is
// not interrupted by ctx, but waits no longer than the store's CommitTimeout.
func (s *Store) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if s.writers == nil {
		return s.configError(errors.New("opened for reading only"), "open it for writing")
	}
	c, err := s.writers.take(ctx)
	if err != nil {
		return connectFailed(ctx, err)
	}
	t := &tx{pool: s.writers, conn: c}
	defer t.finish()
	t.later(request{op: "begin", statement: beginStatement})
	if err := fn(ctx, t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if ctx.Err() != nil {
		return ended(ctx, "commit")
	}
	return t.commit(ctx, s.options.CommitTimeout)
}

var (
	// The level is said because a role may have another one by default, under
	// which a row that another transaction wrote meanwhile is an error.
	beginStatement  = &statement{sql: "BEGIN ISOLATION LEVEL READ COMMITTED"}
	commitStatement = &statement{sql: "commit"}

	firstClaimStatement = newStatement("claim_first", `INSERT INTO writers (writer, recorder, host, version, started_at, seen_at, seq)
		VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (writer) DO NOTHING`)
	nextClaimStatement = newStatement("claim_next", "UPDATE writers SET seq = $1, seen_at = $2 WHERE writer = $3 AND seq = $4")
	claimedStatement   = newStatement("claimed", "SELECT seq FROM writers WHERE writer = $1")
)

// Claim takes the writer's next number. A transaction that is still being
// committed under it holds the row: this waits for its end.
func (t *tx) Claim(ctx context.Context, w store.Writer) (bool, error) {
	r := request{op: fmt.Sprintf("claim number %d", w.Seq)}
	if w.Seq == 1 {
		r.statement = firstClaimStatement
		r.params = [][]byte{textParam(w.ID), textParam(w.Recorder), textParam(w.Host), textParam(w.Version),
			timeParam(w.StartedAt), timeParam(w.SeenAt), integerParam(w.Seq)}
	} else {
		r.statement = nextClaimStatement
		r.params = [][]byte{integerParam(w.Seq), timeParam(w.SeenAt), textParam(w.ID), integerParam(w.Seq - 1)}
	}
	if changed, err := t.exec(ctx, r); err != nil || changed == 1 {
		return false, err
	}
	seqs, err := query(ctx, t, request{op: r.op, statement: claimedStatement, params: [][]byte{textParam(w.ID)}}, scanInteger)
	switch {
	case err != nil:
		return false, err
	case len(seqs) == 1 && seqs[0] == w.Seq:
		return true, nil
	}
	return false, fmt.Errorf("%s: %w", r.op, store.ErrFenced)
}
