package mysql

import (
	"context"
	"errors"
	"time"

	"recibo/store"
)

const beginStatement = "begin"

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
	t := &tx{store: s, pool: s.writers, conn: c}
	defer t.finish()
	t.later(request{op: "begin", sql: beginStatement})
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
	t.conn.session.committing = true
	_, err := t.exec(ctx, request{op: "commit", at: inCommit, sql: "commit"})
	if !t.conn.isClosed() {
		t.conn.session.committing = false
	}
	t.over = err == nil
	return err
}

// rollbackTimeout bounds the wait for an answer to ROLLBACK.
const rollbackTimeout = 2 * time.Second

// finish gives the connection back without a transaction, also after a panic
// of the function, or drops it.
func (t *tx) finish() {
	if !t.over && t.begun && !t.conn.isClosed() {
		ctx, cancel := context.WithTimeout(context.Background(), rollbackTimeout)
		defer cancel()
		if _, err := t.conn.ExecContext(ctx, "rollback"); err != nil {
			t.conn.broken = true
		}
	}
	if t.conn.isClosed() {
		t.pool.Lose(t.conn.session)
	}
	if t.failed != nil && isSpoilt(t.failed) {
		t.pool.Forget() // this one too, which is still out
	}
	t.pool.Put(t.conn)
}
