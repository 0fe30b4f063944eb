package postgres

import (
	"context"
	"errors"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"recibo/store"
)

const (
	defaultConnectTimeout = 5 * time.Second
	addressTip            = "--store takes postgres://user@host:5432/database?sslmode=verify-full&sslrootcert=FILE"
)

// keepAlive finds a server that vanished, or a connection that something
// between forgot, within half a minute of silence.
var keepAlive = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}

// parseAddress reads an address as libpq does, and fills in what it leaves out.
func parseAddress(address string) (*pgx.ConnConfig, error) {
	if hasStrayPassword(address) {
		return nil, &store.ConfigError{Target: masked(address), Tip: addressTip,
			Err: errors.New("not an address: write / ? # and @ of a password as %2F %3F %23 and %40")}
	}
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, &store.ConfigError{Target: masked(address), Tip: addressTip, Err: parseWords(err)}
	}
	if config.ConnectTimeout == 0 {
		config.ConnectTimeout = defaultConnectTimeout
	}
	if config.RuntimeParams["application_name"] == "" {
		config.RuntimeParams["application_name"] = "recibo"
	}
	config.OnPgError = func(_ *pgconn.PgConn, e *pgconn.PgError) bool { return !isFatal(e) }
	return config, nil
}

// hasStrayPassword reports an @ in the path: what stands before it may be the
// rest of a password that was not escaped, and would be told as a database.
func hasStrayPassword(address string) bool {
	_, rest, _ := strings.Cut(address, "://")
	path, _, _ := strings.Cut(rest, "?")
	_, path, _ = strings.Cut(path, "/")
	return strings.Contains(path, "@")
}

// parseWords drops the address from pgx's words: the target names it, and
// pgx can only guess which part of a broken one is the password.
func parseWords(err error) error {
	text := err.Error()
	if i := strings.LastIndex(text, "`: "); i >= 0 {
		text = text[i+len("`: "):]
	}
	return errors.New(text)
}

// targetOf is the address that people see: user, hosts and database.
func targetOf(config *pgx.ConnConfig) string {
	var b strings.Builder
	b.WriteString("postgres://")
	if config.User != "" {
		b.WriteString(url.User(config.User).String())
		if config.Password != "" {
			b.WriteString(":***")
		}
		b.WriteByte('@')
	}
	b.WriteString(strings.Join(hostsOf(config), ","))
	b.WriteByte('/')
	b.WriteString(url.PathEscape(config.Database))
	return b.String()
}

// hostsOf lists each host once, though pgx tries some with and without TLS.
func hostsOf(config *pgx.ConnConfig) []string {
	var hosts []string
	add := func(host string, port uint16) {
		if strings.HasPrefix(host, "/") {
			host = url.PathEscape(host) // a folder with a socket
		}
		if h := net.JoinHostPort(host, strconv.Itoa(int(port))); !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
	}
	add(config.Host, config.Port)
	for _, f := range config.Fallbacks {
		add(f.Host, f.Port)
	}
	return hosts
}

// masked hides what may be a password in an address that cannot be read: all
// between the user and the last @, and all parameters.
func masked(address string) string {
	prefix, rest, found := strings.Cut(address, "://")
	if !found {
		return "postgres:***"
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, _, _ := strings.Cut(rest[:at], ":")
		rest = user + ":***" + rest[at:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return prefix + "://" + rest
}

// link is how one connection reaches its server.
type link struct {
	dialer net.Dialer
	// committing forbids to ask the server to cancel what it does. pgx asks
	// for that whenever it gives a connection up; a COMMIT that waits for a
	// standby would then be done without it.
	committing atomic.Bool
}

func (l *link) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.committing.Load() {
		return nil, errors.New("a commit is not cancelled")
	}
	return l.dialer.DialContext(ctx, network, address)
}

func newLink(timeout time.Duration) *link {
	return &link{dialer: net.Dialer{Timeout: timeout, KeepAliveConfig: keepAlive}}
}

var _ pgconn.DialFunc = (*link)(nil).dial
