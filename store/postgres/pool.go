package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"recibo/store/connpool"
)

// closeTimeout bounds a farewell to a server that may not listen.
const closeTimeout = time.Second

// conn is one connection, with what was prepared on it.
type conn struct {
	*pgx.Conn
	connpool.Stay
	link     *link
	session  session
	prepared map[*statement]bool
	columns  []*array // scratch of the statements of a transaction
}

type pool = connpool.Pool[*conn, session]

// dialer makes connections that begin with the SQL of setup.
func dialer(config *pgx.ConnConfig, setup string) connpool.Dial[*conn, session] {
	return func(ctx context.Context, lost []session) (*conn, error) {
		config := config.Copy()
		l := newLink(config.ConnectTimeout)
		config.DialFunc = l.dial
		c, err := pgx.ConnectConfig(ctx, config)
		if err != nil {
			return nil, err
		}
		made := &conn{Conn: c, link: l, prepared: map[*statement]bool{}}
		ctx, cancel := context.WithTimeout(ctx, config.ConnectTimeout)
		defer cancel()
		err = made.begin(ctx, setup)
		if err == nil {
			err = made.bury(ctx, lost)
		}
		if err != nil {
			made.discard()
			return nil, fmt.Errorf("set up the session: %w", err)
		}
		return made, nil
	}
}

// IsReusable reports whether the connection is open and in no transaction.
func (c *conn) IsReusable() bool { return !c.IsClosed() && c.PgConn().TxStatus() == 'I' }

// discard closes a connection without waiting for it.
func (c *conn) discard() { go c.End() }

// End closes the connection.
func (c *conn) End() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = c.Close(ctx) // it is not used again, whatever the server says
}
