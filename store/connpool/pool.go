// Package connpool keeps the connections of a store. Unlike general pools it
// gives up all idle connections once one turns out to be broken, a connection
// that dies slowly occupies no place in it, and it remembers the server's
// sessions that may still hold locks.
package connpool

import (
	"context"
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
)

// errClosed is the error of a store that was closed.
var errClosed = errors.New("the store is closed")

// Conn is a connection, which embeds a Stay.
type Conn interface {
	Ping(context.Context) error
	// IsReusable reports, without asking the server, whether another
	// transaction may begin on it.
	IsReusable() bool
	// End closes the connection. It waits for the server, if at all, about a
	// second.
	End()

	Noted() *Stay // by the Stay
}

// Stay is what a pool notes about a connection.
type Stay struct {
	WasIdle bool // it lay in the pool: the server may have gone since
	era     int
	idleAt  time.Time
}

// Noted returns the Stay, through the connection that embeds it.
func (s *Stay) Noted() *Stay { return s }

// Dial makes a connection, after it has ended the server's sessions to which
// the connection was lost.
type Dial[C Conn, Session comparable] func(ctx context.Context, lost []Session) (C, error)

// Pool holds a few connections. Any number of goroutines may use it.
type Pool[C Conn, Session comparable] struct {
	dial   Dial[C, Session]
	places chan struct{} // one token for each connection that is out

	mu     sync.Mutex
	idle   []C
	era    int       // connections of an earlier one are not used again
	lost   []Session // that may still be in a transaction
	closed bool

	kin []*Pool[C, Session] // all pools of the store, this one too
}

// New makes a pool of at most size connections, none of which is made yet. It
// forgets together with its kin, the store's other pools.
func New[C Conn, Session comparable](size int, dial Dial[C, Session], kin ...*Pool[C, Session]) *Pool[C, Session] {
	p := &Pool[C, Session]{dial: dial, places: make(chan struct{}, size)}
	all := append(slices.Clone(kin), p)
	for _, k := range all {
		k.kin = all
	}
	return p
}

// Take returns a connection that is likely to work, or makes one. Whoever takes
// it puts it back, or another one for it.
func (p *Pool[C, Session]) Take(ctx context.Context) (C, error) {
	var none C
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	c, err := p.get(ctx)
	if err != nil {
		<-p.places
		return none, err
	}
	return c, nil
}

func (p *Pool[C, Session]) get(ctx context.Context) (C, error) {
	var none C
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	for {
		c, found, err := p.pop()
		if err != nil {
			return none, err
		}
		if !found {
			return p.Connect(ctx)
		}
		s := c.Noted()
		if time.Since(s.idleAt) < freshFor || ping(ctx, c) {
			s.WasIdle = true
			return c, nil
		}
		go c.End()
		p.Forget()
	}
}

func ping(ctx context.Context, c Conn) bool {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return c.Ping(ctx) == nil
}

// pop takes the connection that was used last.
func (p *Pool[C, Session]) pop() (c C, found bool, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return c, false, errClosed
	}
	last := len(p.idle) - 1
	if last < 0 {
		return c, false, nil
	}
	c = p.idle[last]
	p.idle = p.idle[:last]
	return c, true, nil
}

// Connect makes a connection of the present era, outside the pool: it takes the
// place of one that was taken and turned out to be broken.
func (p *Pool[C, Session]) Connect(ctx context.Context) (C, error) {
	p.mu.Lock()
	era, lost := p.era, slices.Clone(p.lost)
	p.mu.Unlock()
	c, err := p.dial(ctx, lost)
	if err != nil {
		return c, err
	}
	c.Noted().era = era
	p.mu.Lock()
	p.lost = slices.DeleteFunc(p.lost, func(s Session) bool { return slices.Contains(lost, s) })
	p.mu.Unlock()
	return c, nil
}

// Lose remembers a session that may still be in a transaction.
func (p *Pool[C, Session]) Lose(s Session) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lost = append(p.lost, s)
}

// Put gives a connection back. One that is not reusable, or of an era that is
// over, is dropped.
func (p *Pool[C, Session]) Put(c C) {
	defer func() { <-p.places }()
	if !c.IsReusable() || !p.push(c) {
		go c.End()
	}
}

func (p *Pool[C, Session]) push(c C) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := c.Noted()
	if p.closed || s.era != p.era {
		return false
	}
	s.idleAt = time.Now()
	p.idle = append(p.idle, c)
	return true
}

// Forget has all pools of the store drop their idle connections, and those that
// are out when they come back: something happened to the server or to the way
// there, and another server may be the right one now.
func (p *Pool[C, Session]) Forget() {
	for _, k := range p.kin {
		k.drop()
	}
}

func (p *Pool[C, Session]) drop() {
	p.mu.Lock()
	idle := p.idle
	p.idle = nil
	p.era++
	p.mu.Unlock()
	for _, c := range idle {
		go c.End()
	}
}

// Close waits for the connections that are out and closes all.
func (p *Pool[C, Session]) Close() {
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
		c.End()
	}
}
