package kafka

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"
)

// security is what an address says about TLS and about how we log in. Servers
// are always verified.
type security struct {
	tls  bool
	host string // whose certificate the server must have; empty: the host that is dialed
	ca   string // files in PEM
	cert string
	key  string
	sasl string
}

const (
	saslPlain    = "plain"
	saslScram256 = "scram-sha-256"
	saslScram512 = "scram-sha-512"
)

func (s *security) parameter(name, value string) error {
	switch name {
	case "tls":
		if value != "true" && value != "false" {
			return errors.New("tls is true or false")
		}
		s.tls = value == "true"
	case "sasl":
		s.sasl = strings.ToLower(value)
		if s.sasl != saslPlain && s.sasl != saslScram256 && s.sasl != saslScram512 {
			return errors.New("sasl is plain, scram-sha-256 or scram-sha-512")
		}
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
	default:
		return fmt.Errorf("unknown parameter %s", name)
	}
	return nil
}

func (s *security) check(user, password string) error {
	switch {
	case !s.tls && (s.ca != "" || s.cert != "" || s.key != ""):
		return errors.New("cacertfile, certfile and keyfile want tls=true")
	case (s.cert == "") != (s.key == ""):
		return errors.New("certfile and keyfile go together")
	case s.sasl != "" && user == "":
		return errors.New("sasl wants a user and a password")
	case s.sasl == "" && password != "":
		return errors.New("a password wants sasl=plain, scram-sha-256 or scram-sha-512")
	}
	return nil
}

// login is how to log in; nil: not at all.
func (p *place) login() sasl.Mechanism {
	switch p.security.sasl {
	case saslPlain:
		return plain.Auth{User: p.user, Pass: p.password}.AsMechanism()
	case saslScram256:
		return scram.Auth{User: p.user, Pass: p.password}.AsSha256Mechanism()
	case saslScram512:
		return scram.Auth{User: p.user, Pass: p.password}.AsSha512Mechanism()
	}
	return nil
}

// config reads the files: they may have been renewed since the last time.
func (s *security) config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if s.host != "" {
		c.ServerName = s.host
	}
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

// judge tells apart why TLS failed. Kafka hangs up on a greeting that it does
// not understand.
func (s *security) judge(err error) error {
	var record tls.RecordHeaderError
	alert := alertOf(err)
	switch {
	case errors.As(err, &record), errors.Is(err, io.EOF):
		return fmt.Errorf("%w: %w", errNotTLS, err)
	case alert == nil || !slices.ContainsFunc(aboutClients, func(a tls.AlertError) bool { return a.Error() == alert.Error() }):
		return err
	case s.cert == "":
		return fmt.Errorf("%w: %w", errWantCert, err)
	default:
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
