package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"recibo/store"
)

var (
	// The level is said because a role may have another one by default, under
	// which a row that another transaction wrote meanwhile is an error.
	beginStatement  = &statement{sql: "BEGIN ISOLATION LEVEL READ COMMITTED"}
	commitStatement = &statement{sql: "commit"}
)

// Update runs fn in one transaction and commits it. A commit, once begun, is
// not interrupted by ctx, but waits no longer than the store's CommitTimeout.
func (s *Store) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if s.writers == nil {
		return s.configError(errors.New("opened for reading only"), "open it for writing")
	}
	c, err := s.writers.Take(ctx)
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

// commit commits. Only what the server said about COMMIT itself is certain: a
// connection that is lost after it was sent leaves the outcome open.
func (t *tx) commit(ctx context.Context, timeout time.Duration) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), timeout)
	defer cancel()
	t.conn.link.committing.Store(true)
	at := inCommit
	if t.offers {
		at = inCommitOfRecord
	}
	err := t.send(ctx, request{op: "commit", at: at, statement: commitStatement}, func(answer *pgconn.ResultReader) error {
		tag, err := answer.Close()
		if err == nil && tag.String() != "COMMIT" {
			err = pgx.ErrTxCommitRollback
		}
		return err
	})
	if !t.conn.IsClosed() {
		t.conn.link.committing.Store(false)
	}
	return err
}

// rollbackTimeout bounds the wait for an answer to ROLLBACK.
const rollbackTimeout = 2 * time.Second

// finish gives the connection back without a transaction, also after a panic
// of the function, or drops it.
func (t *tx) finish() {
	pg := t.conn.PgConn()
	if !t.conn.IsClosed() && pg.TxStatus() != 'I' {
		ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
		defer cancel()
		_, _ = pg.Exec(ctx, "ROLLBACK").ReadAll() // put drops it if that fails
	}
	if t.conn.IsClosed() {
		t.pool.Lose(t.conn.session)
	}
	if t.failed != nil && isSpoilt(t.failed) {
		t.pool.Forget() // this one too, which is still out
	}
	t.pool.Put(t.conn)
}
