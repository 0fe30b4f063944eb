package rabbitmq

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/queue/adapter"
)

// Dial connects to a server of the user's. The address is
// amqp[s]://user:password@host[:5672]/vhost?queue=payments; further parameters
// are dead_letters and those of RabbitMQ's URI specification.
//
// A wrong password, address, virtual host or certificate is a
// *queue.ConfigError, a host that does not answer any other error: that may get
// better.
func Dial(ctx context.Context, address string, o Options) (*Broker, error) {
	p, err := parse(address)
	if err != nil {
		return nil, err
	}
	b := newBroker(p, o)
	if _, err := b.consuming.get(ctx); err != nil {
		return nil, b.refused(connecting, err)
	}
	return b, nil
}

var errNotAMQP = errors.New("the server does not speak AMQP 0-9-1 here")

// dial makes one connection. ctx bounds it, and dialTimeout.
func (p *place) dial(ctx context.Context, title string, log *slog.Logger) (*session, error) {
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
	return newSession(conn, w, log.With("queue", p.target)), nil
}

// withCause names the time limit rather than what it made fail.
func withCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

func (p *place) login(ctx context.Context, raw net.Conn, title string) (*wire, *amqp.Connection, error) {
	w := newWire(raw)
	if p.security.On {
		config, err := p.security.Config("")
		if err != nil {
			return nil, nil, err
		}
		secured := tls.Client(raw, config)
		if err := secured.HandshakeContext(ctx); err != nil {
			return nil, nil, p.security.Judge(err)
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
	switch broke := w.broke(); {
	case adapter.Alert(broke) != nil: // only now: TLS 1.3 judges the client's certificate late
		return p.security.Judge(broke)
	case !p.security.On && isTLS(w.began()):
		return adapter.ErrTLS
	case errors.Is(err, amqp.ErrSASL):
		return fmt.Errorf("the server does not offer the login %s", (&credentials{place: p}).Mechanism())
	case broke != nil:
		return fmt.Errorf("connection lost while logging in: %w", broke)
	case w.began() != 0:
		return errNotAMQP
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
