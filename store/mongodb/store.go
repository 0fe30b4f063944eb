// Package mongodb keeps payments in MongoDB.
//
// A batch is one transaction of several documents, acknowledged by a majority
// of the replica set that has it in its journals. Some questions are asked of
// what is committed at one time. Any number of processes may share the database.
package mongodb

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/store"
)

// Options say how a database is opened. What is zero gets the default.
type Options struct {
	// ReadOnly opens a database to be looked at, and writes nothing.
	ReadOnly bool
	// Writers is how many transactions may run at once: default 2, at most 16.
	Writers int
	// AllowStandalone accepts a server that is no member of a replica set and
	// has no transactions: see Notes for what is given up.
	AllowStandalone bool
	// CommitTimeout is how long to wait for the answer to a commit before its
	// outcome counts as unknown; default 10 s.
	CommitTimeout time.Duration
}

const (
	defaultWriters       = 2
	maxWriters           = 16
	defaultCommitTimeout = 10 * time.Second
	// batchSize is where larger batches gain nothing more.
	batchSize = 500
)

// standaloneWarning says what is given up on a server without transactions.
const standaloneWarning = "this MongoDB is no replica set and has no transactions: no payment is lost or written twice, " +
	"but a batch may be seen in part, and after a crash the tally and the count of deliveries of an entry may be wrong"

// Store is one database.
type Store struct {
	target     string // the address for people: no password, no parameters
	options    Options
	client     *mongo.Client
	db         *mongo.Database
	standalone bool
	sessions   *sessions // nil when opened for reading only
	orphans    orphans
	doubts     doubts // only without transactions
	slowAfter  time.Duration
}

// Open connects to the database at address, which is written as MongoDB's own
// tools take it: mongodb://user:password@host:27017,host/database?replicaSet=…,
// or mongodb+srv://…/database. It makes no collections: Migrate does. What
// waiting cannot mend is a *store.ConfigError, all else an outage.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	if o.Writers <= 0 {
		o.Writers = defaultWriters
	}
	o.Writers = min(o.Writers, maxWriters)
	if o.CommitTimeout <= 0 {
		o.CommitTimeout = defaultCommitTimeout
	}
	s := &Store{options: o, slowAfter: defaultSlowAfter}
	if err := s.connect(ctx, address); err != nil {
		return nil, err
	}
	if err := s.greet(ctx); err != nil {
		_ = s.Close()
		return nil, err
	}
	if !o.ReadOnly {
		s.sessions = newSessions(s, o.Writers)
	}
	return s, nil
}

// Notes returns what the user should know about the server and nobody here can
// mend: that it has no transactions.
func (s *Store) Notes(context.Context) ([]string, error) {
	if s.standalone {
		return []string{standaloneWarning}, nil
	}
	return nil, nil
}

// Reader returns a reader of what is committed.
func (s *Store) Reader() store.Reader { return reader{s} }

// Limits are how many transactions this store was opened for, and the batch
// from which on larger ones gain little.
func (s *Store) Limits() store.Limits {
	return store.Limits{Writers: s.options.Writers, Batch: batchSize}
}

// closeTimeout bounds a farewell to a server that may not listen.
const closeTimeout = 2 * time.Second

// Close waits for what runs and closes all connections.
func (s *Store) Close() error {
	if s.sessions != nil {
		s.sessions.close()
	}
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = s.client.Disconnect(ctx) // closes what it can; the rest ends with the process
	return nil
}

func (s *Store) configError(err error, tip string) error {
	return &store.ConfigError{Target: s.target, Tip: tip, Err: err}
}

// migrateTip is the next step where collections are missing or old. It names no
// address: people would copy one whose password is masked.
const migrateTip = "run `recibo migrate` with the same store"
