// Package sqlite keeps payments in a SQLite database: one file, made by itself.
//
// One connection writes, in transactions that take the write lock when they
// begin and are on disk when they are committed; a few others read what is
// committed. Several processes may share the file.
package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"time"

	"recibo/store"
)

// Options say how a database is opened. What is zero gets the default.
type Options struct {
	// BusyTimeout is how long to wait for another program's write lock before
	// that counts as an outage; default 5 s.
	BusyTimeout time.Duration
	// ReadOnly opens a database that must exist, and writes nothing.
	ReadOnly bool
}

const (
	defaultBusyTimeout = 5 * time.Second
	openPause          = 20 * time.Millisecond
)

// Store is one database file.
type Store struct {
	file    string // as it was given, for people
	path    string
	options Options
	readers *sql.DB
	writer  *sql.DB       // nil when opened for reading only
	turn    chan struct{} // held by the transaction that runs; guards what follows
	conn    *connection   // nil until the next transaction needs it
	closed  bool
}

// Open opens the database in file; its folder, the file and the tables are made
// when they are not there, unless it is opened for reading only. What waiting
// cannot mend is a *store.ConfigError, all else an outage.
func Open(ctx context.Context, file string, o Options) (*Store, error) {
	if o.BusyTimeout <= 0 {
		o.BusyTimeout = defaultBusyTimeout
	}
	// SQLite waits for locks, but gives up at once where two processes make
	// the same file; so it is opened again until the time is over.
	for deadline := time.Now().Add(o.BusyTimeout); ; {
		s := &Store{file: file, options: o, turn: make(chan struct{}, 1)}
		err := s.open(ctx)
		if err == nil {
			return s, nil
		}
		_ = s.Close()
		if !isBusy(err) || ctx.Err() != nil || time.Now().After(deadline) {
			return nil, err
		}
		select {
		case <-time.After(openPause):
		case <-ctx.Done():
		}
	}
}

func (s *Store) open(ctx context.Context) error {
	var err error
	if s.path, err = filepath.Abs(s.file); err != nil {
		return s.config(err, otherFileTip)
	}
	if s.options.ReadOnly {
		err = s.mustExist()
	} else {
		err = s.make(ctx)
	}
	if err != nil {
		return err
	}
	s.readers, err = openPool(s.path, readerPragmas, s.options.BusyTimeout, readerConnections)
	if err != nil {
		return s.config(err, otherFileTip)
	}
	return s.Check(ctx)
}

// make makes folder, file and tables.
func (s *Store) make(ctx context.Context) error {
	isNew, err := s.makeFolder()
	if err != nil {
		return err
	}
	if isNew {
		if err := s.makeFile(ctx); err != nil {
			return err
		}
	}
	s.writer, err = openPool(s.path, writerPragmas, s.options.BusyTimeout, 1)
	if err != nil {
		return s.config(err, otherFileTip)
	}
	if err := s.writable(ctx); err != nil {
		return err
	}
	return s.Migrate(ctx)
}

// Reader returns a reader of what is committed.
func (s *Store) Reader() store.Reader { return reader{s.readers} }

// Limits are those of a database with one writer.
func (s *Store) Limits() store.Limits { return store.Limits{Writers: 1, Batch: 1000} }

// Close waits for the transaction that runs, moves what stands in the
// write-ahead log into the file, and closes it.
func (s *Store) Close() error {
	s.turn <- struct{}{}
	defer func() { <-s.turn }()
	s.closed = true
	var err error
	if s.readers != nil {
		err = s.readers.Close()
	}
	if s.writer == nil {
		return err
	}
	if s.conn != nil {
		// Another process that reads just now may prevent it; then the next
		// one to close does it.
		_, _ = s.conn.ExecContext(context.Background(), "PRAGMA wal_checkpoint(TRUNCATE)")
		s.conn.release(false)
		s.conn = nil
	}
	if closeErr := s.writer.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return fmt.Errorf("close %s: %w", s.target(), err)
	}
	return nil
}

func (s *Store) target() string { return "sqlite:" + s.file }

func (s *Store) config(err error, tip string) error {
	return &store.ConfigError{Target: s.target(), Tip: tip, Err: err}
}
