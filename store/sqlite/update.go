package sqlite

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"os"

	"recibo/store"
)

// connection is the one that writes, with its prepared statements.
type connection struct {
	*sql.Conn
	statements map[string]*sql.Stmt
	file       os.FileInfo // what it has open
}

// prepared returns the statement of a query, preparing it the first time.
func (c *connection) prepared(ctx context.Context, query string) (*sql.Stmt, error) {
	if st, ok := c.statements[query]; ok {
		return st, nil
	}
	st, err := c.PrepareContext(ctx, query)
	if err != nil {
		return nil, err
	}
	c.statements[query] = st
	return st, nil
}

// release gives the connection back to its pool; a spoilt one is closed for
// good. Statements go first: closed after their connection they would reach
// into memory that is gone.
func (c *connection) release(isSpoilt bool) {
	for _, st := range c.statements {
		_ = st.Close()
	}
	if isSpoilt {
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
	}
	_ = c.Close()
}

// Update runs fn in one transaction and commits it. Transactions of one Store
// run one after the other: fn must not call Update. A commit, once begun, is
// not interrupted by ctx.
func (s *Store) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if s.writer == nil {
		return s.config(errors.New("opened for reading only"), "open it for writing")
	}
	select {
	case s.turn <- struct{}{}:
		defer func() { <-s.turn }()
	case <-ctx.Done():
		return ended(ctx, "begin")
	}
	if err := s.connect(ctx); err != nil {
		return err
	}
	t := &tx{conn: s.conn}
	defer s.finish(t)
	if _, err := t.conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return t.fail("begin", err, inGeneral)
	}
	if err := fn(ctx, t); err != nil {
		return err
	}
	if t.failed != nil {
		return t.failed
	}
	if ctx.Err() != nil {
		return ended(ctx, "commit")
	}
	if _, err := t.conn.ExecContext(context.WithoutCancel(ctx), "COMMIT"); err != nil {
		return t.fail("commit", err, inCommit)
	}
	t.committed = true
	return nil
}

// connect makes sure that there is a connection, to the file that is there now:
// commits to one that was deleted or replaced would succeed and be lost.
func (s *Store) connect(ctx context.Context) error {
	if s.closed {
		return &store.Error{Class: store.ClassOutage, Op: "begin", Err: sql.ErrConnDone}
	}
	op := "connect to " + s.target()
	file, err := os.Stat(s.path)
	if err == nil && s.conn != nil && os.SameFile(file, s.conn.file) {
		return nil
	}
	s.disconnect()
	if err != nil {
		return classify(op, plain(err), inGeneral)
	}
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return classify(op, err, inGeneral)
	}
	s.conn = &connection{Conn: conn, statements: map[string]*sql.Stmt{}, file: file}
	return nil
}

// disconnect closes what is open, so that the next use opens the file anew.
func (s *Store) disconnect() {
	if s.conn == nil {
		return
	}
	s.conn.release(true)
	s.conn = nil
	s.readers.SetMaxIdleConns(0) // closes those that are idle
	s.readers.SetMaxIdleConns(readerConnections)
}

// finish leaves the connection without a transaction, also after a panic of
// the function, or drops it.
func (s *Store) finish(t *tx) {
	if t.committed {
		return
	}
	// An error of ROLLBACK says that there is none to roll back.
	_, _ = t.conn.ExecContext(context.Background(), "ROLLBACK")
	if t.failed != nil && spoilt(t.failed) {
		s.disconnect()
	}
}

// writable takes the write lock once and lets it go, so that a file that may
// not be written is found at the start.
func (s *Store) writable(ctx context.Context) error {
	conn, err := s.writer.Conn(ctx)
	if err != nil {
		return s.openError(err)
	}
	defer func() { _ = conn.Close() }()
	if _, err := conn.ExecContext(ctx, "BEGIN IMMEDIATE"); err != nil {
		return s.openError(err)
	}
	if _, err := conn.ExecContext(ctx, "ROLLBACK"); err != nil {
		return s.openError(err)
	}
	return nil
}

// tx is one open transaction.
type tx struct {
	conn      *connection
	args      []any // of the statement being built; kept for the next
	failed    error // the first error of the database: nothing may be committed
	committed bool
}

// fail classifies an error of the database and remembers it.
func (t *tx) fail(op string, err error, at step) error {
	classified := classify(op, err, at)
	if t.failed == nil {
		t.failed = classified
	}
	return classified
}

func (t *tx) exec(ctx context.Context, query string, args ...any) (int64, error) {
	st, err := t.conn.prepared(ctx, query)
	if err != nil {
		return 0, err
	}
	result, err := st.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return result.RowsAffected()
}

// find scans the one row of a query into dest, and reports whether there is one.
func (t *tx) find(ctx context.Context, query string, args []any, dest ...any) (bool, error) {
	st, err := t.conn.prepared(ctx, query)
	if err != nil {
		return false, err
	}
	err = st.QueryRowContext(ctx, args...).Scan(dest...)
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	return err == nil, err
}

// Claim takes the writer's next number.
func (t *tx) Claim(ctx context.Context, w store.Writer) (bool, error) {
	op := fmt.Sprintf("claim number %d", w.Seq)
	var stands int64
	found, err := t.find(ctx, "SELECT seq FROM writers WHERE writer = ?", []any{w.ID}, &stands)
	switch {
	case err != nil:
		return false, t.fail(op, err, inGeneral)
	case found && stands == w.Seq:
		return true, nil
	case found && stands == w.Seq-1:
		_, err = t.exec(ctx, "UPDATE writers SET seq = ?, seen_at = ? WHERE writer = ?", w.Seq, timeText(w.SeenAt), w.ID)
	case !found && w.Seq == 1:
		_, err = t.exec(ctx, `INSERT INTO writers (writer, recorder, host, version, started_at, seen_at, seq)
			VALUES (?, ?, ?, ?, ?, ?, ?)`, w.ID, w.Recorder, w.Host, w.Version, timeText(w.StartedAt), timeText(w.SeenAt), w.Seq)
	default:
		return false, fmt.Errorf("%s: %w", op, store.ErrFenced)
	}
	if err != nil {
		return false, t.fail(op, err, inGeneral)
	}
	return false, nil
}
