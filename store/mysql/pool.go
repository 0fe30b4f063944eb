package mysql

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"slices"
	"sync"
	"time"
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

// conn is one connection.
type conn struct {
	*sql.Conn
	db        *sql.DB // of this connection alone
	link      *link
	host      string
	session   session
	maxPacket int    // the largest statement that the server takes, in bytes
	buffer    []byte // of the statement that is being built
	wasIdle   bool   // it lay in the pool: the server may have gone since
	broken    bool   // not to be used again, whatever the driver thinks
	era       int
	idleAt    time.Time
}

// isClosed tells whether the driver has given the connection up.
func (c *conn) isClosed() bool {
	closed := true
	_ = c.Raw(func(dc any) error {
		v, ok := dc.(driver.Validator)
		closed = c.broken || !ok || !v.IsValid()
		return nil
	})
	return closed
}

// pool holds a few connections. It is not database/sql's: that one runs a
// statement again on another connection where it thinks that nothing happened,
// which is not for it to say within a transaction. This one gives up all idle
// connections once one turns out to be broken, and a connection that dies
// slowly occupies no place in it.
type pool struct {
	address *address
	session string        // SQL that a new connection begins with
	places  chan struct{} // one token for each connection that is out

	mu     sync.Mutex
	idle   []*conn
	era    int       // connections of an earlier one are not used again
	lost   []session // that may still be in a transaction
	closed bool

	kin []*pool // all pools of the store, this one too
}

func newPool(a *address, size int, session string) *pool {
	return &pool{address: a, session: session, places: make(chan struct{}, size)}
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
	return c.PingContext(ctx) == nil
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

// lose remembers a session that may still be in a transaction.
func (p *pool) lose(s session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = append(p.lost, s)
}

func (p *pool) lostSessions() []session {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.lost)
}

func (p *pool) buried(lost []session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = slices.DeleteFunc(p.lost, func(s session) bool { return slices.Contains(lost, s) })
}

// put gives a connection back. One that is closed, or of an era that is over,
// is dropped.
func (p *pool) put(c *conn) {
	defer func() { <-p.places }()
	if c.isClosed() || !p.push(c) {
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

// end says farewell to the server, and closes what is below where that takes
// too long.
func (c *conn) end() {
	late := time.AfterFunc(closeTimeout, c.link.close)
	defer late.Stop()
	_ = c.Close()    // it is not used again, whatever the server says
	_ = c.db.Close() // nor is this
}
