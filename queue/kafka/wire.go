package kafka

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"net"
	"sync"

	"github.com/twmb/franz-go/pkg/kmsg"
)

// wires are the connections of one client. They know whether messages were
// sent, and can see to it that none is sent any more.
type wires struct {
	place *place

	mu       sync.Mutex
	produced int // requests with messages that began to be written
	dead     bool
	tls      bool // a server answered in TLS where we do not speak it
}

var errGaveUp = errors.New("given up")

// dial makes one connection, TLS included. The library logs in.
func (w *wires) dial(ctx context.Context, network, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, w.place.dialTimeout, errNoAnswer)
	defer cancel()
	raw, err := (&net.Dialer{}).DialContext(ctx, network, address)
	if err != nil {
		return nil, withCause(ctx, err)
	}
	if !w.place.security.On {
		return &wire{Conn: raw, all: w}, nil
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	config, err := w.place.security.Config(host)
	if err != nil {
		_ = raw.Close()
		return nil, err
	}
	secured := tls.Client(raw, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		_ = raw.Close()
		return nil, withCause(ctx, w.place.security.judge(err))
	}
	return &wire{Conn: secured, all: w}, nil
}

// withCause names the time limit rather than what it made fail.
func withCause(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// seal lets no message out from now on, and returns how many requests with
// messages there were.
func (w *wires) seal() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = true
	return w.produced
}

func (w *wires) sent() int {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.produced
}

// sawTLS says whether a server answered in TLS.
func (w *wires) sawTLS() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.tls
}

func (w *wires) beforeProduce() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.dead {
		return errGaveUp
	}
	w.produced++
	return nil
}

// wire is one connection. The library writes each request at once.
type wire struct {
	net.Conn
	all  *wires
	read bool // it has been read from
}

// Write notes requests with messages before they leave.
func (c *wire) Write(p []byte) (int, error) {
	if len(p) >= 6 && kmsg.Key(binary.BigEndian.Uint16(p[4:])) == kmsg.Produce {
		if err := c.all.beforeProduce(); err != nil {
			return 0, err
		}
	}
	return c.Conn.Write(p)
}

// Read looks at how the server begins: no answer of Kafka's is as long as one
// that begins with the type of a TLS record would be.
func (c *wire) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.read {
		c.read = true
		if _, secured := c.Conn.(*tls.Conn); !secured && p[0] >= 20 && p[0] <= 23 {
			c.all.mu.Lock()
			c.all.tls = true
			c.all.mu.Unlock()
		}
	}
	return n, err
}
