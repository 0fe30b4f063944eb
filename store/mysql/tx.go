package mysql

import (
	"context"
	"database/sql"
	"strings"
)

// request is one statement.
type request struct {
	op  string // for people
	at  step
	sql string
	// mayStand says that a primary key that is there already is no failure: MySQL
	// takes back the one statement, and the transaction goes on.
	mayStand bool
}

// tx is one open transaction. What needs no answer waits until something does,
// and is sent with it: BEGIN goes with the claim, the tally with COMMIT.
type tx struct {
	store   *Store
	pool    *pool
	conn    *conn
	waiting []request
	begun   bool  // the server answered: it is in a transaction
	over    bool  // it was committed, for certain or perhaps
	failed  error // the first error of the database: nothing may be committed
}

// later has r sent with the next request that needs an answer.
func (t *tx) later(r request) { t.waiting = append(t.waiting, r) }

// exec runs r and returns how many rows it changed.
func (t *tx) exec(ctx context.Context, r request) (rows int64, err error) {
	err = t.send(ctx, r, t.run(ctx, &rows))
	return rows, err
}

func (t *tx) run(ctx context.Context, rows *int64) func(string) error {
	return func(text string) error {
		result, err := t.conn.ExecContext(ctx, text)
		if err != nil {
			return err
		}
		*rows, err = result.RowsAffected()
		return err
	}
}

// query runs r and scans its rows.
func query[T any](ctx context.Context, t *tx, r request, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	err = t.send(ctx, r, func(text string) error {
		rows, err := t.conn.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		all, err = collect(rows, scan)
		return err
	})
	return all, err
}

// send sends what waits and then r, and hands the text of the last packet to
// ask, which reads the answer to r.
func (t *tx) send(ctx context.Context, r request, ask func(string) error) error {
	if t.failed != nil {
		return t.failed
	}
	t.later(r)
	err := t.attempt(ctx, ask)
	if err != nil && t.isStale(ctx) {
		if t.failed = t.reconnect(ctx); t.failed != nil {
			return t.failed
		}
		err = t.attempt(ctx, ask)
	}
	if err != nil && r.mayStand && isKnownKey(err) {
		t.waiting = t.waiting[:0]
		return err
	}
	if err != nil {
		t.failed = classify(ctx, r.op, err, r.at)
		return t.failed
	}
	t.waiting = t.waiting[:0]
	return nil
}

// isStale reports whether a connection turned out to have died while it lay
// idle. Nothing of the transaction can stand then, unless a COMMIT was sent, so
// it may begin again on another connection.
func (t *tx) isStale(ctx context.Context) bool {
	return !t.begun && t.conn.WasIdle && !t.waiting[len(t.waiting)-1].at.isCommit() && ctx.Err() == nil && t.conn.isClosed()
}

func (t *tx) reconnect(ctx context.Context) error {
	t.pool.Forget()
	t.pool.Lose(t.conn.session)
	c, err := t.pool.Connect(ctx)
	if err != nil {
		return connectFailed(ctx, err)
	}
	t.conn.discard()
	t.conn = c
	return nil
}

// attempt runs all that waits, in one round trip unless that is more than the
// server takes at once.
func (t *tx) attempt(ctx context.Context, ask func(string) error) error {
	var packet strings.Builder
	for i, r := range t.waiting {
		if len(r.sql) >= t.limit() {
			return errTooBig
		}
		if packet.Len() > 0 && packet.Len()+1+len(r.sql) >= t.limit() {
			var rows int64
			if err := t.run(ctx, &rows)(packet.String()); err != nil {
				return t.beforeCommit(err)
			}
			t.begun = true
			packet.Reset()
		}
		if packet.Len() > 0 {
			packet.WriteByte(';')
		} else if i == len(t.waiting)-1 {
			return t.answered(ask(r.sql)) // alone: not copied
		}
		packet.WriteString(r.sql)
	}
	return t.answered(ask(packet.String()))
}

func (t *tx) answered(err error) error {
	if err == nil || isAnswer(err) {
		t.begun = true
	}
	return err
}

// beforeCommit marks an error of what was sent before the packet with COMMIT:
// there is no doubt about that one.
func (t *tx) beforeCommit(err error) error {
	if isAnswer(err) {
		return err
	}
	return &unsentError{err}
}

// limit is the most that goes into one packet, in bytes.
func (t *tx) limit() int { return min(t.conn.maxPacket, maxStatement) }

// maxStatement bounds the memory that a statement takes here and there.
const maxStatement = 64 << 20
