package adapter

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"os"
	"slices"
)

// TLS is what an address says about it. Servers are always verified.
type TLS struct {
	On   bool
	Host string // whose certificate the server must have; empty: the host that is dialed
	CA   string // files in PEM
	Cert string
	Key  string
}

// Parameter takes one of the address, with the names of RabbitMQ's URI
// specification.
func (t *TLS) Parameter(name, value string) error {
	switch name {
	case "cacertfile":
		t.CA = value
	case "certfile":
		t.Cert = value
	case "keyfile":
		t.Key = value
	case "server_name_indication":
		t.Host = value
	case "verify":
		if value != "verify_peer" {
			return errors.New("verify is verify_peer: a server that is not verified gets no payments; name its authority with cacertfile")
		}
	default:
		return fmt.Errorf("unknown parameter %s", name)
	}
	return nil
}

// Check says what does not go together. How is how an address turns TLS on.
func (t *TLS) Check(how string) error {
	switch {
	case !t.On && (t.CA != "" || t.Cert != "" || t.Key != ""):
		return errors.New("cacertfile, certfile and keyfile want " + how)
	case (t.Cert == "") != (t.Key == ""):
		return errors.New("certfile and keyfile go together")
	}
	return nil
}

// Config is for a connection to host. It reads the files: they may have been
// renewed since the last time.
func (t *TLS) Config(host string) (*tls.Config, error) {
	c := &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if t.Host != "" {
		c.ServerName = t.Host
	}
	if t.CA != "" {
		text, err := os.ReadFile(t.CA)
		if err != nil {
			return nil, badFile{err}
		}
		c.RootCAs = x509.NewCertPool()
		if !c.RootCAs.AppendCertsFromPEM(text) {
			return nil, badFile{fmt.Errorf("%s: no certificate in PEM", t.CA)}
		}
	}
	if t.Cert != "" {
		pair, err := tls.LoadX509KeyPair(t.Cert, t.Key)
		if err != nil {
			return nil, badFile{err}
		}
		c.Certificates = []tls.Certificate{pair}
	}
	return c, nil
}

// Where one end speaks TLS and the other does not.
var (
	ErrNotTLS = errors.New("the server does not speak TLS here")
	ErrTLS    = errors.New("the server speaks TLS here")
)

var (
	errWantCert = errors.New("the server wants a certificate of the client")
	errBadCert  = errors.New("the server does not accept the client's certificate")
)

// Judge tells apart why TLS failed, for Hint.
func (t *TLS) Judge(err error) error {
	var record tls.RecordHeaderError
	alert := Alert(err)
	switch {
	case errors.As(err, &record):
		return fmt.Errorf("%w: %w", ErrNotTLS, err)
	case alert == nil || !slices.ContainsFunc(aboutClients, func(a tls.AlertError) bool { return a.Error() == alert.Error() }):
		return err
	case t.Cert == "":
		return fmt.Errorf("%w: %w", errWantCert, err)
	default: // it is not even sent if it is of another authority than those the server names
		return fmt.Errorf("%w: %w", errBadCert, err)
	}
}

// aboutClients are the alerts by which a server refuses a client for its
// certificate: handshake failure, those about certificates, unknown authority,
// certificate required.
var aboutClients = []tls.AlertError{40, 42, 43, 44, 45, 46, 48, 116}

// Alert is what the server complained of; nil: it did not. The standard library
// shows such an error only by its text.
func Alert(err error) error {
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "remote error" {
		return op.Err
	}
	return nil
}

// Hint is the next step where TLS failed for a certificate; else empty.
func (t *TLS) Hint(err error) string {
	var authority x509.UnknownAuthorityError
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	var file badFile
	switch {
	case errors.As(err, &authority):
		return "name the file of the authority that signed the server's certificate: cacertfile=FILE"
	case errors.As(err, &name):
		return "write the host as in the server's certificate, or server_name_indication=NAME"
	case errors.As(err, &invalid):
		return "have the server's certificate renewed"
	case errors.As(err, &file):
		return "check cacertfile, certfile and keyfile in the address"
	case errors.Is(err, errWantCert):
		return "name a certificate and its key: certfile=FILE&keyfile=FILE"
	case errors.Is(err, errBadCert):
		return "name a certificate that the server's authorities have signed: certfile=FILE&keyfile=FILE"
	}
	return ""
}

// badFile is a file of certificates that cannot be used.
type badFile struct{ error }

func (b badFile) Unwrap() error { return b.error }
