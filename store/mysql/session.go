package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync/atomic"
	"time"

	"github.com/go-sql-driver/mysql"
)

// What a connection begins with. Values that do not fit are errors, texts are
// UTF-8 and compare byte for byte, errors are in a language that is read here.
// The server waits for a lock no longer than ten seconds, and for us, with a
// transaction open, no longer than a minute: MariaDB has a limit for that,
// MySQL only one for all idle connections. What is written /*M! is for MariaDB
// alone, /*!80000 for MySQL.
const (
	anySession = `SET NAMES utf8mb4 COLLATE utf8mb4_bin;
SET SESSION sql_mode = 'STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
	time_zone = '+00:00', lc_messages = 'en_US', autocommit = 1, completion_type = 0, unique_checks = 1, foreign_key_checks = 1,
	sql_select_limit = 18446744073709551615,
	innodb_lock_wait_timeout = LEAST(@@innodb_lock_wait_timeout, 10), lock_wait_timeout = LEAST(@@lock_wait_timeout, 10)
	/*M!100300 , idle_transaction_timeout = IF(@@idle_transaction_timeout = 0, 60, @@idle_transaction_timeout) */
	/*!80000 , wait_timeout = LEAST(@@wait_timeout, 60) */;
`
	writerSession = anySession + "SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED, READ WRITE"
	readerSession = anySession + "SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY"
)

// keepAlive finds a server that vanished, or a connection that something
// between forgot, within half a minute of silence.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}

// link is the network connection below one to the database.
type link struct {
	conn  atomic.Pointer[net.Conn]
	cause atomic.Pointer[error]
}

// Print takes what the driver would log: why a connection is of no use is told
// nowhere else.
func (l *link) Print(v ...any) {
	for _, one := range v {
		if err, ok := one.(error); ok {
			l.cause.Store(&err)
		}
	}
}

func (l *link) close() {
	if c := l.conn.Load(); c != nil {
		_ = (*c).Close()
	}
}

// connector makes connections to one host that are set up.
type connector struct {
	base  driver.Connector
	setup string
	link  *link // the last connection
}

// connector returns one for a host, host:port or a socket file.
func (a *address) connector(host, setup string) (*connector, error) {
	c := &connector{setup: setup, link: &link{}}
	dialer := net.Dialer{Timeout: a.timeout, KeepAliveConfig: keepAlive}
	config := mysql.NewConfig()
	config.User, config.Passwd, config.DBName = a.user, a.password, a.database
	config.Net, config.Addr = "tcp", host
	if a.socket != "" {
		config.Net = "unix"
	}
	config.DialFunc = func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			c.link.conn.Store(&conn)
		}
		return conn, err
	}
	config.Collation = "utf8mb4_bin"
	config.ParseTime, config.Loc = true, time.UTC
	config.MultiStatements, config.InterpolateParams = true, true
	config.MaxAllowedPacket = 1 << 30 // what the server takes is looked up
	config.ConnectionAttributes = "program_name:recibo"
	config.Logger = c.link
	if a.tls != nil && a.socket == "" {
		config.TLS, config.AllowFallbackToPlaintext = a.tls.Clone(), a.mayBePlain
	}
	var err error
	c.base, err = mysql.NewConnector(config)
	return c, err
}

// Connect makes a connection and sets it up.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	conn, err := c.base.Connect(ctx)
	if cause := c.link.cause.Load(); err != nil && cause != nil && isLost(err) {
		err = *cause
	}
	if err != nil {
		return nil, err
	}
	execer, ok := conn.(driver.ExecerContext)
	if !ok {
		return nil, errors.New("the driver runs no statements")
	}
	if _, err := execer.ExecContext(ctx, c.setup, nil); err != nil {
		_ = conn.Close()
		return nil, fmt.Errorf("set up the session: %w", err)
	}
	return conn, nil
}

// Driver is the one below.
func (c *connector) Driver() driver.Driver { return c.base.Driver() }

// session names a session of the server: its number, which is given again after
// a restart, and where it comes from.
type session struct {
	id         int64
	host       string
	committing bool // it may be in a COMMIT
}

// errReadOnly is that of a server that takes no writes: a replica, or one that
// somebody set so. A user who may write there all the same would part the two.
var errReadOnly = errors.New("the server is read only")

// look asks what is to be known of a new session.
func (c *conn) look(ctx context.Context) (readOnly bool, err error) {
	var packet int64
	var host text
	err = c.QueryRowContext(ctx, `SELECT CONNECTION_ID(), @@max_allowed_packet, CONCAT(@@global.read_only) NOT IN ('0', 'OFF') OR @@innodb_read_only,
		(SELECT HOST FROM information_schema.processlist WHERE ID = CONNECTION_ID())`).Scan(&c.session.id, &packet, &readOnly, &host)
	c.session.host, c.maxPacket = string(host), int(packet)
	return readOnly, err
}

// bury ends sessions to which the connection was lost in a transaction: the
// server may not have noticed, and hold their locks for another minute, or wait
// for a lock itself. One that may be in a COMMIT is left alone unless it waits
// for us.
func (c *conn) bury(ctx context.Context, lost []session) error {
	for _, s := range lost {
		condition := ""
		if s.committing {
			condition = " AND COMMAND = 'Sleep'"
		}
		var found int
		err := c.QueryRowContext(ctx, "SELECT count(*) FROM information_schema.processlist WHERE ID = ? AND HOST = ?"+condition,
			s.id, s.host).Scan(&found)
		if err != nil {
			return err
		}
		if found == 0 || !strings.Contains(s.host, ":") {
			continue
		}
		_, err = c.ExecContext(ctx, fmt.Sprintf("KILL CONNECTION %d", s.id))
		if e, ok := errors.AsType[*mysql.MySQLError](err); err != nil && !(ok && e.Number == erNoSuchThread) {
			return err
		}
	}
	return nil
}
