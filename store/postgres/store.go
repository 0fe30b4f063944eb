// Package postgres keeps payments in PostgreSQL.
//
// A few connections write, each one transaction at a time: one statement for a
// batch of payments, its columns sent as binary arrays. A few others read what
// is committed. Any number of processes may share the database.
package postgres

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"recibo/store"
	"recibo/store/connpool"
)

// Options say how a database is opened. What is zero gets the default.
type Options struct {
	// ReadOnly opens a database to be looked at, and writes nothing.
	ReadOnly bool
	// Writers is how many transactions may run at once: default 2, which keep
	// a small server busy, at most 16.
	Writers int
	// CommitTimeout is how long to wait for the answer to a COMMIT before its
	// outcome counts as unknown; default 10 s.
	CommitTimeout time.Duration
}

const (
	defaultWriters       = 2
	maxWriters           = 16
	readerConnections    = 4
	defaultCommitTimeout = 10 * time.Second
	// batchSize takes a sixteenth off what each row of a thousand costs the
	// server and us together; more rows take nothing off.
	batchSize = 2000
)

// Store is one database.
type Store struct {
	target  string // the address for people: no password, no parameters
	config  *pgx.ConnConfig
	options Options
	readers *pool
	writers *pool // nil when opened for reading only
}

// Open connects to the database at address, which is written as libpq takes it:
// postgres://user:password@host:5432/database?sslmode=verify-full. What is left
// out comes from the environment (PGPASSFILE, PGSSLROOTCERT, …). It makes no
// tables: Migrate does. What waiting cannot mend is a *store.ConfigError, all
// else an outage.
func Open(ctx context.Context, address string, o Options) (*Store, error) {
	if o.Writers <= 0 {
		o.Writers = defaultWriters
	}
	o.Writers = min(o.Writers, maxWriters)
	if o.CommitTimeout <= 0 {
		o.CommitTimeout = defaultCommitTimeout
	}
	config, err := parseAddress(address)
	if err != nil {
		return nil, err
	}
	s := &Store{target: targetOf(config), config: config, options: o, readers: connpool.New(readerConnections, dialer(config, readerSession))}
	first := s.readers
	if !o.ReadOnly {
		s.writers = connpool.New(o.Writers, dialer(config, writerSession), s.readers)
		first = s.writers
	}
	c, err := first.Take(ctx)
	if err != nil {
		return nil, s.openError(ctx, err)
	}
	first.Put(c)
	return s, nil
}

// Reader returns a reader of what is committed.
func (s *Store) Reader() store.Reader { return reader{s.readers} }

// Limits are how many transactions this store was opened for, and the batch
// from which on larger ones gain little.
func (s *Store) Limits() store.Limits {
	return store.Limits{Writers: s.options.Writers, Batch: batchSize}
}

// Close waits for what runs and closes all connections.
func (s *Store) Close() error {
	s.readers.Close()
	if s.writers != nil {
		s.writers.Close()
	}
	return nil
}

func (s *Store) configError(err error, tip string) error {
	return &store.ConfigError{Target: s.target, Tip: tip, Err: err}
}

// migrateTip is the next step where tables are missing or old. It names no
// address: people would copy one whose password is masked.
const migrateTip = "run `recibo migrate` with the same store"
