package mysql

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"

	"recibo/store"
	"recibo/store/connpool"
)

// dialer makes connections to the first host that answers and, for a session
// that writes, takes writes.
func dialer(a *address, setup string) connpool.Dial[*conn, session] {
	return func(ctx context.Context, lost []session) (*conn, error) {
		hosts := a.hosts
		if a.socket != "" {
			hosts = []string{a.socket}
		}
		var errs []error
		for _, host := range hosts {
			c, err := a.connect(ctx, host, setup, lost)
			if err == nil {
				return c, nil
			}
			errs = append(errs, err)
			if ctx.Err() != nil {
				break
			}
		}
		return nil, errors.Join(errs...)
	}
}

func (a *address) connect(ctx context.Context, host, setup string, lost []session) (*conn, error) {
	ctx, cancel := context.WithTimeout(ctx, a.timeout)
	defer cancel()
	connector, err := a.connector(host, setup)
	if err != nil {
		return nil, err
	}
	db := sql.OpenDB(connector)
	db.SetMaxIdleConns(-1)
	sqlConn, err := db.Conn(ctx)
	if err != nil {
		_ = db.Close()
		return nil, err
	}
	c := &conn{Conn: sqlConn, db: db, link: connector.link, host: host}
	readOnly, err := c.look(ctx)
	if err == nil && readOnly && setup == writerSession {
		err = errReadOnly
	}
	if err == nil {
		err = c.bury(ctx, lost)
	}
	if err != nil {
		c.discard()
		return nil, err
	}
	return c, nil
}

// connectFailed is the outage of a transaction that got no connection.
func connectFailed(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ended(ctx, "connect")
	}
	return &store.Error{Class: store.ClassOutage, Op: "connect", Err: shorten(err)}
}

// openError is an error of the first connection: what waiting cannot mend is a
// *store.ConfigError.
func (s *Store) openError(ctx context.Context, err error) error {
	if tip := connectTip(err); tip != "" && ctx.Err() == nil {
		return s.configError(explain(err), tip)
	}
	return connectFailed(ctx, err)
}

// connectTip is the next step after an error that waiting cannot mend, empty
// for all others.
func connectTip(err error) string {
	for _, leaf := range store.Leaves(err) {
		if tip := connectTipOf(leaf); tip != "" {
			return tip
		}
	}
	return ""
}

func connectTipOf(err error) string {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		return connectTips[e.Number]
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok || isCertificate(err) {
		return tlsTip(err)
	}
	text := err.Error()
	switch {
	case errors.Is(err, mysql.ErrNoTLS):
		return "turn on TLS in the server (ssl_cert, ssl_key), or say ssl-mode=DISABLED where the way to it is safe"
	case errors.Is(err, mysql.ErrUnknownPlugin), errors.Is(err, mysql.ErrOldPassword), errors.Is(err, mysql.ErrCleartextPassword),
		errors.Is(err, mysql.ErrNativePassword):
		return "give the user another way to log in: caching_sha2_password, mysql_native_password, or MariaDB's ed25519"
	case strings.Contains(text, "remote error: tls"):
		return "check ssl-cert and ssl-key, and the server's log: it refuses what this side offers"
	case strings.Contains(text, "tls: "):
		return "check that this is a MySQL or MariaDB server with TLS 1.2, and its certificate"
	}
	return ""
}

var connectTips = map[uint16]string{
	erAccessDenied:        "check RECIBO_STORE or --store-password-file; the server may also want TLS or another host for this user",
	erAccessDeniedNoPass:  "check RECIBO_STORE or --store-password-file: this user logs in otherwise",
	erDBAccessDenied:      "let this user into the database: docs/systems.md has the statements",
	erBadDB:               "check the database in RECIBO_STORE, or create it: CREATE DATABASE … CHARACTER SET utf8mb4",
	erHostNotPrivileged:   "let this host in: CREATE USER 'name'@'host' …",
	erHostBlocked:         "FLUSH HOSTS on the server, once what made so many broken connections is found",
	erSecureTransport:     "the server wants TLS: ssl-mode=REQUIRED, or better VERIFY_IDENTITY",
	erAccountLocked:       "ALTER USER … ACCOUNT UNLOCK",
	erAccountLockedMaria:  "ALTER USER … ACCOUNT UNLOCK",
	erMustChangePassword:  "ALTER USER … IDENTIFIED BY …: the password has expired",
	erMustChangePassLogin: "ALTER USER … IDENTIFIED BY …: the password has expired",
	erPluginNotLoaded:     "give the user another way to log in, or have the server load this one",
}

func isCertificate(err error) bool {
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, host := errors.AsType[x509.HostnameError](err)
	_, invalid := errors.AsType[x509.CertificateInvalidError](err)
	return unknown || host || invalid
}

func tlsTip(err error) string {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return "write the host as the server's certificate names it, or give the server a certificate for this host"
	}
	if _, ok := errors.AsType[x509.UnknownAuthorityError](err); ok {
		return "give the authority that signed the server's certificate: ssl-ca=FILE"
	}
	return "renew the server's certificate, or check ssl-ca"
}
