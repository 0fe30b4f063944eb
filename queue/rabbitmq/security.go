package rabbitmq

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
)

// security is what an address says about TLS and about who we are. Servers are
// always verified.
type security struct {
	on       bool
	host     string // whose certificate the server must have
	ca       string // files in PEM
	cert     string
	key      string
	external bool // the client's certificate says who it is
}

func (s *security) parameter(name, value string) error {
	switch name {
	case "cacertfile":
		s.ca = value
	case "certfile":
		s.cert = value
	case "keyfile":
		s.key = value
	case "server_name_indication":
		s.host = value
	case "verify":
		if value != "verify_peer" {
			return errors.New("verify is verify_peer: a server that is not verified gets no payments; name its authority with cacertfile")
		}
	case "auth_mechanism":
		switch value {
		case "plain":
		case "external":
			s.external = true
		default:
			return errors.New("auth_mechanism is plain or external")
		}
	default:
		return fmt.Errorf("unknown parameter %s", name)
	}
	return nil
}

func (s *security) check() error {
	switch {
	case !s.on && (s.ca != "" || s.cert != "" || s.key != ""):
		return errors.New("cacertfile, certfile and keyfile want amqps://")
	case (s.cert == "") != (s.key == ""):
		return errors.New("certfile and keyfile go together")
	case s.external && s.cert == "":
		return errors.New("auth_mechanism=external wants certfile and keyfile")
	}
	return nil
}

// config reads the files: they may have been renewed since the last time.
func (s *security) config() (*tls.Config, error) {
	c := &tls.Config{ServerName: s.host, MinVersion: tls.VersionTLS12}
	if s.ca != "" {
		text, err := os.ReadFile(s.ca)
		if err != nil {
			return nil, badFile{err}
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, badFile{fmt.Errorf("%s: no certificate in PEM", s.ca)}
		}
	}
	if s.cert != "" {
		pair, err := tls.LoadX509KeyPair(s.cert, s.key)
		if err != nil {
			return nil, badFile{err}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

var (
	errNotTLS   = errors.New("the server does not speak TLS here")
	errTLS      = errors.New("the server speaks TLS here")
	errWantCert = errors.New("the server wants a certificate of the client")
	errBadCert  = errors.New("the server does not accept the client's certificate")
)

// judge tells apart why TLS failed.
func (s *security) judge(err error) error {
	var record tls.RecordHeaderError
	alert := alertOf(err)
	switch {
	case errors.As(err, &record):
		return fmt.Errorf("%w: %w", errNotTLS, err)
	case alert == nil || !slices.ContainsFunc(aboutClients, func(a tls.AlertError) bool { return a.Error() == alert.Error() }):
		return err
	case s.cert == "":
		return fmt.Errorf("%w: %w", errWantCert, err)
	default: // it is not even sent if it is of another authority than those the server names
		return fmt.Errorf("%w: %w", errBadCert, err)
	}
}

// aboutClients are the alerts by which a server refuses a client for its
// certificate: handshake failure, those about certificates, unknown authority,
// certificate required.
var aboutClients = []tls.AlertError{40, 42, 43, 44, 45, 46, 48, 116}

// alertOf is what the server complained of; nil: it did not. The standard
// library shows such an error only by its text.
func alertOf(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return op.Err
	}
	return nil
}

// badFile is a file of certificates that cannot be used.
type badFile struct{ error }

func (b badFile) Unwrap() error { return b.error }
