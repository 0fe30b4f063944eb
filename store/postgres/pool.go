package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
)

const (
	// freshFor is how long an idle connection is trusted without asking.
	freshFor = time.Second
	// pingTimeout bounds the question.
	pingTimeout = 2 * time.Second
	// closeTimeout bounds a farewell to a server that may not listen.
	closeTimeout = time.Second
)

// errClosed is the error of a store that was closed.
var errClosed = errors.New("the store is closed")

// conn is one connection, with what was prepared on it.
type conn struct {
	*pgx.Conn
	link     *link
	session  session
	prepared map[*statement]bool
	columns  []*array // scratch of the statements of a transaction
	wasIdle  bool     // it lay in the pool: the server may have gone since
	era      int
	idleAt   time.Time
}

// pool holds a few connections. Unlike general ones it gives up all idle
// connections once one turns out to be broken, and a connection that dies
// slowly occupies no place in it.
type pool struct {
	config  *pgx.ConnConfig
	session string        // SQL that a new connection begins with
	places  chan struct{} // one token for each connection that is out

	mu     sync.Mutex
	idle   []*conn
	era    int       // connections of an earlier one are not used again
	lost   []session // that may still be in a transaction
	closed bool

	kin []*pool // all pools of the store, this one too
}

func newPool(config *pgx.ConnConfig, size int, session string) *pool {
	return &pool{config: config, session: session, places: make(chan struct{}, size)}
}

// take returns a connection that is likely to work, or makes one.
func (p *pool) take(ctx context.Context) (*conn, error) {
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	c, err := p.get(ctx)
	if err != nil {
		<-p.places
	}
	return c, err
}

func (p *pool) get(ctx context.Context) (*conn, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for {
		c, err := p.pop()
		if err != nil {
			return nil, err
		}
		if c == nil {
			return p.connect(ctx)
		}
		if time.Since(c.idleAt) < freshFor || ping(ctx, c) {
			c.wasIdle = true
			return c, nil
		}
		c.discard()
		p.forget()
	}
}

func ping(ctx context.Context, c *conn) bool {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return c.Ping(ctx) == nil
}

// pop takes the connection that was used last, nil when none is idle.
func (p *pool) pop() (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	last := len(p.idle) - 1
	if last < 0 {
		return nil, nil
	}
	c := p.idle[last]
	p.idle = p.idle[:last]
	return c, nil
}

// connect makes a connection of the present era.
func (p *pool) connect(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	era, lost := p.era, slices.Clone(p.lost)
	p.mu.Unlock()
	config := p.config.Copy()
	l := newLink(config.ConnectTimeout)
	config.DialFunc = l.dial
	c, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	made := &conn{Conn: c, link: l, prepared: map[*statement]bool{}, era: era}
	ctx, cancel := context.WithTimeout(ctx, config.ConnectTimeout)
	defer cancel()
	err = made.begin(ctx, p.session)
	if err == nil {
		err = made.bury(ctx, lost)
	}
	if err != nil {
		made.discard()
		return nil, fmt.Errorf("set up the session: %w", err)
	}
	p.mu.Lock()
	p.lost = slices.DeleteFunc(p.lost, func(s session) bool { return slices.Contains(lost, s) })
	p.mu.Unlock()
	return made, nil
}

// lose remembers a session that may still be in a transaction.
func (p *pool) lose(s session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = append(p.lost, s)
}

// put gives a connection back. One that is closed, in a transaction still, or
// of an era that is over is dropped.
func (p *pool) put(c *conn) {
	defer func() { <-p.places }()
	if c.IsClosed() || c.PgConn().TxStatus() != 'I' || !p.push(c) {
		c.discard()
	}
}

func (p *pool) push(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || c.era != p.era {
		return false
	}
	c.idleAt = time.Now()
	p.idle = append(p.idle, c)
	return true
}

// forget has all pools of the store drop their idle connections, and those that
// are out when they come back: something happened to the server or to the way
// there, and another server may be the right one now.
func (p *pool) forget() {
	for _, k := range p.kin {
		k.drop()
	}
}

func (p *pool) drop() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.era++
	p.mu.Unlock()
	for _, c := range idle {
		c.discard()
	}
}

// close waits for the connections that are out and closes all.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	for range cap(p.places) {
		p.places <- struct{}{}
	}
	defer func() {
		for range cap(p.places) {
			<-p.places
		}
	}()
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.mu.Unlock()
	for _, c := range idle {
		c.end()
	}
}

// discard closes a connection without waiting for it.
func (c *conn) discard() { go c.end() }

func (c *conn) end() {
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = c.Close(ctx) // it is not used again, whatever the server says
}
