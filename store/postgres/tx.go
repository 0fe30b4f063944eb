package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// statement is one that is prepared once on each connection that uses it, or
// each time when it has no name.
type statement struct{ name, sql string }

func newStatement(name, sql string) *statement { return &statement{"recibo_" + name, sql} }

// request is a statement with its parameters, in binary.
type request struct {
	op        string // for people
	at        step
	statement *statement
	params    [][]byte
}

// tx is one open transaction. What needs no answer waits until something does,
// and is sent with it: BEGIN goes with the claim, the tally with COMMIT.
type tx struct {
	pool     *pool
	conn     *conn
	waiting  []request
	scratch  int      // columns of the connection that are in use
	recorded []string // ids of the payments that were offered so far
	offers   bool     // payments or control totals were offered
	begun    bool     // the server answered: it is in a transaction
	failed   error    // the first error of the database: nothing may be committed
}

// later has r sent with the next request that needs an answer.
func (t *tx) later(r request) { t.waiting = append(t.waiting, r) }

// exec runs r and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, r request) (rows int64, err error) {
	err = t.send(ctx, r, func(answer *pgconn.ResultReader) error {
		tag, err := answer.Close()
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// query runs r and scans its rows.
func query[T any](ctx context.Context, t *tx, r request, scan pgx.RowToFunc[T]) (all []T, err error) {
	err = t.send(ctx, r, func(answer *pgconn.ResultReader) error {
		all, err = pgx.CollectRows(pgx.RowsFromResultReader(t.conn.TypeMap(), answer), scan)
		return err
	})
	return all, err
}

// send sends what waits and then r, all at once, and reads the answer to r.
func (t *tx) send(ctx context.Context, r request, read func(*pgconn.ResultReader) error) error {
	if t.failed != nil {
		return t.failed
	}
	t.later(r)
	at, err := t.attempt(ctx, read)
	if err != nil && t.isStale(ctx) {
		if t.failed = t.reconnect(ctx); t.failed != nil {
			return t.failed
		}
		at, err = t.attempt(ctx, read)
	}
	if err != nil {
		failed := r // all of them got no answer
		if isAnswer(err) {
			failed = t.waiting[at]
		}
		t.failed = classify(ctx, failed.op, err, failed.at)
		return t.failed
	}
	t.waiting = t.waiting[:0]
	return nil
}

// isStale reports whether a connection turned out to have died while it lay
// idle. Nothing of the transaction can stand then, unless a COMMIT was sent, so
// it may begin again on another connection.
func (t *tx) isStale(ctx context.Context) bool {
	return !t.begun && t.conn.WasIdle && t.conn.IsClosed() && !t.waiting[len(t.waiting)-1].at.isCommit() && ctx.Err() == nil
}

func (t *tx) reconnect(ctx context.Context) error {
	t.pool.Forget()
	t.pool.Lose(t.conn.session)
	c, err := t.pool.Connect(ctx)
	if err != nil {
		return connectFailed(ctx, err)
	}
	t.conn.discard()
	c.columns = t.conn.columns
	t.conn = c
	return nil
}

// attempt runs all that waits in one round trip. It returns the index of the
// request that failed.
func (t *tx) attempt(ctx context.Context, read func(*pgconn.ResultReader) error) (int, error) {
	size := 0
	for i, r := range t.waiting {
		for _, p := range r.params {
			size += len(p)
		}
		if size > maxMessage {
			return i, errTooBig
		}
		if err := t.conn.prepare(ctx, r.statement); err != nil {
			return i, &unsentError{err}
		}
	}
	p := t.conn.PgConn().StartPipeline(ctx)
	defer func() { _ = p.Close() }() // tells the first error again
	for _, r := range t.waiting {
		if r.statement.name == "" {
			p.SendQueryParams(r.statement.sql, r.params, nil, binaryFormat, binaryFormat)
		} else {
			p.SendQueryPrepared(r.statement.name, r.params, binaryFormat, binaryFormat)
		}
	}
	if err := p.Sync(); err != nil {
		return 0, err
	}
	for i := range t.waiting {
		answer, err := p.GetResults()
		if err != nil {
			return i, err
		}
		reader, ok := answer.(*pgconn.ResultReader)
		if !ok {
			return i, errors.New("the server's answers are out of step")
		}
		t.begun = true
		if i < len(t.waiting)-1 {
			_, err = reader.Close()
		} else {
			err = read(reader)
		}
		if err != nil {
			return i, err
		}
	}
	if err := p.Close(); err != nil && !t.waiting[len(t.waiting)-1].at.isCommit() {
		return len(t.waiting) - 1, err
	}
	return 0, nil
}

var binaryFormat = []int16{1}

// maxMessage is the most that is sent at once, in bytes. PostgreSQL takes one
// gigabyte, and needs a multiple of it.
var maxMessage = 256 << 20

// prepare prepares a statement the first time.
func (c *conn) prepare(ctx context.Context, st *statement) error {
	if st.name == "" || c.prepared[st] {
		return nil
	}
	if _, err := c.PgConn().Prepare(ctx, st.name, st.sql, nil); err != nil {
		return err
	}
	c.prepared[st] = true
	return nil
}

// arrays returns empty columns of these types, good until the transaction ends.
func (t *tx) arrays(types []uint32) []*array {
	for len(t.conn.columns) < t.scratch+len(types) {
		t.conn.columns = append(t.conn.columns, new(array))
	}
	columns := t.conn.columns[t.scratch : t.scratch+len(types)]
	t.scratch += len(types)
	for i, element := range types {
		columns[i].reset(element)
	}
	return columns
}

func values(columns []*array) [][]byte {
	all := make([][]byte, len(columns))
	for i, c := range columns {
		all[i] = c.value()
	}
	return all
}
