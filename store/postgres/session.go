package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
)

// What a connection begins with, by SET and not in the start-up message, which
// poolers refuse. A machine that vanished must not hold its locks for hours, so
// the server looks whether we are there and ends a transaction that stands
// still. A commit that is only in the server's memory is none. The first column
// tells this session from a later one with the same number.
const (
	anySession = `SELECT (SELECT backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()),
	set_config('client_encoding', 'UTF8', false), set_config('TimeZone', 'UTC', false),
	set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false),
	set_config('tcp_keepalives_count', '3', false),
	CASE WHEN current_setting('idle_in_transaction_session_timeout') = '0'
		THEN set_config('idle_in_transaction_session_timeout', '60s', false) END`

	writerSession = anySession + `,
	CASE WHEN current_setting('synchronous_commit') = 'off' THEN set_config('synchronous_commit', 'on', false) END`

	readerSession = anySession + `, set_config('default_transaction_read_only', 'on', false)`
)

// session names a session of the server.
type session struct {
	pid     uint32
	started string
}

// begin sets up a new connection.
func (c *conn) begin(ctx context.Context, setup string) error {
	results, err := c.PgConn().Exec(ctx, setup).ReadAll()
	if err != nil {
		return err
	}
	if len(results) != 1 || len(results[0].Rows) != 1 {
		return errors.New("the server does not say how the session is set up")
	}
	c.session = session{c.PgConn().PID(), string(results[0].Rows[0][0])}
	c.TypeMap().RegisterType(&pgtype.Type{Name: "timestamptz", OID: pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC}})
	return nil
}

// bury ends sessions to which the connection was lost in a transaction: the
// server may not have noticed, and hold their locks for another minute. One
// that does something still, a commit above all, is left alone.
func (c *conn) bury(ctx context.Context, lost []session) error {
	for _, s := range lost {
		_, err := c.Exec(ctx, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
			WHERE pid = $1 AND backend_start = $2::text::timestamptz AND usename = current_user AND state LIKE 'idle in transaction%'`,
			pgx.QueryExecModeExec, int32(s.pid), s.started)
		if err != nil {
			return err
		}
	}
	return nil
}
