package postgres

import (
	"context"
	"fmt"

	"recibo/store"
)

const writerColumns = "writer, recorder, host, version, started_at, seen_at, seq"

var (
	firstClaimStatement = newStatement("claim_first", `INSERT INTO writers (`+writerColumns+`)
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
