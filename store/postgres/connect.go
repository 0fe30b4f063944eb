package postgres

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"recibo/store"
)

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
	if e, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch e.Code {
		case "28P01":
			return "check RECIBO_STORE or --store-password-file"
		case "28000":
			return "check user, database, sslmode and sslcert in RECIBO_STORE, and the server's pg_hba.conf"
		case "3D000":
			return "check the database in RECIBO_STORE, or create it: CREATE DATABASE … ENCODING 'UTF8'"
		case "42501":
			return "let this user connect: GRANT CONNECT ON DATABASE … TO …"
		case "42704", "22023", "42601", "0A000":
			return "check the parameters in RECIBO_STORE"
		}
		return ""
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return tlsTip(err)
	}
	text := err.Error()
	switch {
	case isCertificate(err):
		return tlsTip(err)
	case strings.Contains(text, "server refused TLS connection"):
		return "turn on TLS in the server (ssl = on), or say sslmode=disable where the way to it is safe"
	case strings.Contains(text, "remote error: tls"):
		return "check sslcert and sslkey, and the server's log: it refuses what this side offers"
	case strings.Contains(text, "tls: "):
		return "check that this is a PostgreSQL server with TLS, and its certificate"
	case strings.Contains(text, "require_auth"), strings.Contains(text, "channel binding"), strings.Contains(text, "SSL certificate"):
		return "check require_auth, channel_binding and sslcertmode in RECIBO_STORE"
	}
	return ""
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
		return "give the authority that signed the server's certificate: sslrootcert=FILE"
	}
	return "renew the server's certificate, or check sslrootcert"
}
