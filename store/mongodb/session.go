package mongodb

import (
	"context"
	"errors"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
)

var errClosed = errors.New("the store is closed")

// sessions are the server's sessions that transactions run in, the one used last
// first. A session is used again also when its connection was lost: beginning
// its next transaction ends the one before, which the server would otherwise
// keep for a minute, with the writer's document locked.
type sessions struct {
	store  *Store
	places chan struct{} // one token for each that is out

	mu     sync.Mutex
	idle   []*session
	all    []*session
	closed bool
}

// session is one of the server's, and when it was last written down.
type session struct {
	*mongo.Session
	registered time.Time
}

func newSessions(s *Store, size int) *sessions {
	return &sessions{store: s, places: make(chan struct{}, size)}
}

// take returns a session, nil if the server has no transactions.
func (p *sessions) take(ctx context.Context) (*session, error) {
	select {
	case p.places <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	s, err := p.get(ctx)
	if err != nil {
		<-p.places
		return nil, err
	}
	if s != nil && time.Since(s.registered) > registerEvery {
		if err := p.store.register(ctx, s.Session); err != nil {
			p.put(s)
			return nil, err
		}
		s.registered = time.Now()
	}
	return s, nil
}

func (p *sessions) get(ctx context.Context) (*session, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch last := len(p.idle) - 1; {
	case p.closed:
		return nil, errClosed
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case p.store.standalone:
		return nil, nil
	case last >= 0:
		s := p.idle[last]
		p.idle = p.idle[:last]
		return s, nil
	}
	began, err := p.store.client.StartSession(options.Session().SetDefaultTransactionOptions(
		options.Transaction().SetReadConcern(readconcern.Snapshot()).SetWriteConcern(durable()).SetReadPreference(readpref.Primary())))
	if err != nil {
		return nil, err
	}
	s := &session{Session: began}
	p.all = append(p.all, s)
	return s, nil
}

// own are the names of all sessions of this store.
func (p *sessions) own() bson.A {
	p.mu.Lock()
	defer p.mu.Unlock()
	ids := bson.A{}
	for _, s := range p.all {
		ids = append(ids, s.ID().Lookup("id"))
	}
	return ids
}

// put gives a session back; nil is none.
func (p *sessions) put(s *session) {
	defer func() { <-p.places }()
	p.mu.Lock()
	defer p.mu.Unlock()
	if s != nil {
		p.idle = append(p.idle, s)
	}
}

// close waits for the sessions that are out, and ends all.
func (p *sessions) close() {
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
	defer p.mu.Unlock()
	for _, s := range p.idle {
		s.EndSession(context.Background()) // asks the server nothing: none is in a transaction
	}
	p.idle = nil
}
