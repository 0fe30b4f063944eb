package mysql

import (
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"
)

const (
	defaultPort           = "3306"
	defaultConnectTimeout = 5 * time.Second
	addressTip            = "--store takes mysql://user@host:3306/database?ssl-mode=VERIFY_IDENTITY&ssl-ca=FILE"
)

// address is where a database is and how to get there.
type address struct {
	user, password string
	hosts          []string // host:port, tried in this order
	socket         string   // a socket file, instead of hosts
	database       string
	timeout        time.Duration
	tls            *tls.Config // nil: without; a clone for each host
	mayBePlain     bool        // without TLS where the server has none
}

// parseAddress reads mysql://user:password@h1:3306,h2:3306/database?parameters.
// Its errors hold nothing of the password.
func parseAddress(text string) (*address, error) {
	rest, ok := strings.CutPrefix(text, "mysql://")
	if !ok {
		return nil, errors.New("it does not begin with mysql://")
	}
	rest, query, _ := strings.Cut(rest, "?")
	authority, database, _ := strings.Cut(rest, "/")
	a := &address{timeout: defaultConnectTimeout}
	hosts := authority
	if at := strings.LastIndexByte(authority, '@'); at >= 0 {
		hosts = authority[at+1:]
		user, password, _ := strings.Cut(authority[:at], ":")
		var err1, err2 error
		a.user, err1 = url.PathUnescape(user)
		a.password, err2 = url.PathUnescape(password)
		if err1 != nil || err2 != nil {
			return nil, errors.New("user or password has a % that is not followed by two hexadecimal digits")
		}
	}
	var err error
	if a.database, err = url.PathUnescape(database); err != nil || a.database == "" || strings.Contains(a.database, "/") {
		return nil, errors.New("it names no database, or user and password are not percent-encoded")
	}
	if a.hosts, err = parseHosts(hosts); err != nil {
		return nil, err
	}
	values, err := url.ParseQuery(query)
	if err != nil {
		return nil, errors.New("its parameters are not percent-encoded")
	}
	return a, a.setParameters(values)
}

func parseHosts(text string) ([]string, error) {
	var hosts []string
	for _, h := range strings.Split(text, ",") {
		host, port, err := net.SplitHostPort(h)
		if err != nil {
			host, port = strings.Trim(h, "[]"), defaultPort
		}
		if host == "" {
			host = "localhost"
		}
		if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || strings.ContainsAny(host, "[] ") {
			return nil, errors.New("invalid host or port")
		}
		hosts = append(hosts, net.JoinHostPort(host, port))
	}
	return hosts, nil
}

func (a *address) setParameters(values url.Values) error {
	var t tlsParameters
	for name, all := range values {
		value := all[len(all)-1]
		switch name {
		case "ssl-mode":
			t.mode = strings.ToUpper(value)
		case "ssl-ca":
			t.ca = value
		case "ssl-cert":
			t.cert = value
		case "ssl-key":
			t.key = value
		case "socket":
			a.socket = value
		case "connect-timeout":
			seconds, err := strconv.ParseUint(value, 10, 16)
			if err != nil || seconds == 0 {
				return fmt.Errorf("connect-timeout is a number of seconds, not %q", value)
			}
			a.timeout = time.Duration(seconds) * time.Second
		default:
			return fmt.Errorf("unknown parameter %q", name)
		}
	}
	var err error
	a.tls, a.mayBePlain, err = t.config()
	return err
}

// String is the address that people see: user, hosts and database.
func (a *address) String() string {
	var b strings.Builder
	b.WriteString("mysql://")
	if a.user != "" {
		b.WriteString(url.User(a.user).String())
		if a.password != "" {
			b.WriteString(":***")
		}
		b.WriteByte('@')
	}
	if a.socket != "" {
		b.WriteString(url.PathEscape(a.socket))
	} else {
		b.WriteString(strings.Join(a.hosts, ","))
	}
	b.WriteByte('/')
	b.WriteString(url.PathEscape(a.database))
	return b.String()
}

// masked hides what may be a password in an address that cannot be read: all
// between the user and the last @, and all parameters.
func masked(text string) string {
	prefix, rest, found := strings.Cut(text, "://")
	if !found {
		return "mysql:***"
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		user, _, _ := strings.Cut(rest[:at], ":")
		rest = user + ":***" + rest[at:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	return prefix + "://" + rest
}
