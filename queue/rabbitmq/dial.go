package rabbitmq

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Dial connects to a server of the user's. The address is
// amqp[s]://user:password@host[:5672]/vhost?queue=payments; further parameters
// are dead_letters and those of RabbitMQ's URI specification.
//
// A wrong password, address, virtual host or certificate is a
// *queue.ConfigError, a host that does not answer any other error: that may get
// better.
func Dial(ctx context.Context, address string, o Options) (*Broker, error) {
	p, err := parse(address, o.Password)
	if err != nil {
		return nil, err
	}
	b := newBroker(p, o)
	if _, err := b.consuming.get(ctx); err != nil {
		return nil, b.refused("connect", err)
	}
	return b, nil
}

var (
	errNotTLS   = errors.New("the server does not speak TLS here")
	errTLS      = errors.New("the server speaks TLS here")
	errNotAMQP  = errors.New("the server does not speak AMQP 0-9-1 here")
	errWantCert = errors.New("the server wants a certificate of the client")
	errBadCert  = errors.New("the server does not accept the client's certificate")
)

// dial makes one connection. ctx bounds it, and dialTimeout.
func (p *place) dial(ctx context.Context, title string) (*session, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, p.dialTimeout, errNoAnswer)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.host)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	// The library knows no contexts: the end of ours is a deadline in the past.
	stop := context.AfterFunc(ctx, func() { _ = raw.SetDeadline(time.Unix(1, 0)) })
	w, conn, err := p.login(ctx, raw, title)
	if !stop() && err == nil {
		_ = conn.CloseDeadline(time.Now())
		err = context.Cause(ctx)
	}
	if err != nil {
		_ = raw.Close()
		return nil, withCause(ctx, err)
	}
	return newSession(conn, w), nil
}

// withCause names the time limit rather than what it made fail.
func withCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (p *place) login(ctx context.Context, raw net.Conn, title string) (*wire, *amqp.Connection, error) {
	w := &wire{Conn: raw}
	if p.security.on {
		config, err := p.security.config()
		if err != nil {
			return nil, nil, err
		}
		secured := tls.Client(raw, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, nil, handshake(err)
		}
		w.Conn = secured
	}
	who := &credentials{place: p, properties: amqp.Table{"product": "Recibo", "connection_name": title}}
	conn, err := amqp.Open(w, amqp.Config{
		SASL:       []amqp.Authentication{who},
		Vhost:      p.vhost,
		Heartbeat:  p.heartbeat,
		Locale:     "en_US",
		Properties: who.properties,
	})
	if err != nil {
		return nil, nil, p.denied(w, err)
	}
	return w, conn, nil
}

// denied finds out why the server ended the login.
func (p *place) denied(w *wire, err error) error {
	var said *amqp.Error
	if errors.As(err, &said) && said.Server {
		return refusal{said}
	}
	var alert tls.AlertError
	switch broke := w.broke(); {
	case errors.As(broke, &alert):
		return handshake(broke)
	case !p.security.on && w.speaksTLS():
		return errTLS
	case errors.Is(err, amqp.ErrSASL):
		return fmt.Errorf("the server does not offer the login %s", (&credentials{place: p}).Mechanism())
	case broke != nil:
		return fmt.Errorf("connection lost while logging in: %w", broke)
	case w.first != 0:
		return errNotAMQP
	}
	return err
}

// Alerts by which a server refuses a client for its certificate.
const (
	alertHandshakeFailure    = 40
	alertBadCertificate      = 42
	alertUnsupportedCert     = 43
	alertCertificateRevoked  = 44
	alertCertificateExpired  = 45
	alertCertificateUnknown  = 46
	alertUnknownCA           = 48
	alertCertificateRequired = 116
)

// handshake tells apart why TLS failed.
func handshake(err error) error {
	var record tls.RecordHeaderError
	if errors.As(err, &record) {
		return fmt.Errorf("%w: %w", errNotTLS, err)
	}
	var alert tls.AlertError
	if !errors.As(err, &alert) {
		return err
	}
	switch alert {
	case alertCertificateRequired, alertHandshakeFailure:
		return fmt.Errorf("%w: %w", errWantCert, err)
	case alertBadCertificate, alertUnsupportedCert, alertCertificateRevoked, alertCertificateExpired,
		alertCertificateUnknown, alertUnknownCA:
		return fmt.Errorf("%w: %w", errBadCert, err)
	}
	return err
}

// credentials is the login. It asks the server to say that it refuses one:
// the library does not, and takes each break of the connection for a wrong
// password.
type credentials struct {
	place      *place
	properties amqp.Table // of the client, which the library has completed before it asks for the response
}

// Mechanism is PLAIN or EXTERNAL.
func (c *credentials) Mechanism() string {
	if c.place.security.external {
		return (&amqp.ExternalAuth{}).Mechanism()
	}
	return (&amqp.PlainAuth{}).Mechanism()
}

// Response is what the mechanism wants to know.
func (c *credentials) Response() string {
	if can, ok := c.properties["capabilities"].(amqp.Table); ok {
		can["authentication_failure_close"] = true
	}
	if c.place.security.external {
		return (&amqp.ExternalAuth{}).Response()
	}
	return (&amqp.PlainAuth{Username: c.place.user, Password: c.place.password}).Response()
}
