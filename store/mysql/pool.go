package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"time"

	"recibo/store/connpool"
)

// closeTimeout bounds a farewell to a server that may not listen.
const closeTimeout = time.Second

// conn is one connection.
type conn struct {
	*sql.Conn
	connpool.Stay
	db        *sql.DB // of this connection alone
	link      *link
	host      string
	session   session
	maxPacket int    // the largest statement that the server takes, in bytes
	buffer    []byte // of the statement that is being built
	broken    bool   // not to be used again, whatever the driver thinks
}

// pool is not database/sql's: that one runs a statement again on another
// connection where it thinks that nothing happened, which is not for it to say
// within a transaction.
type pool = connpool.Pool[*conn, session]

// isClosed tells whether the driver has given the connection up.
func (c *conn) isClosed() bool {
	closed := true
	_ = c.Raw(func(dc any) error {
		v, ok := dc.(driver.Validator)
		closed = c.broken || !ok || !v.IsValid()
		return nil
	})
	return closed
}

// IsReusable reports whether the connection is open.
func (c *conn) IsReusable() bool { return !c.isClosed() }

// Ping asks the server whether it is there.
func (c *conn) Ping(ctx context.Context) error { return c.PingContext(ctx) }

// discard closes a connection without waiting for it.
func (c *conn) discard() { go c.End() }

// End says farewell to the server, and closes what is below where that takes
// too long.
func (c *conn) End() {
	late := time.AfterFunc(closeTimeout, c.link.close)
	defer late.Stop()
	_ = c.Close()    // it is not used again, whatever the server says
	_ = c.db.Close() // nor is this
}
