package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The pragmas of a connection. FULL puts each commit on disk before it is
// reported. The cache holds the parts of the indexes that Pix ids come back to;
// a checkpoint every 16 MiB moves each of these pages once, not again and again.
// The log is cut back to 64 MiB when a long reader let it grow.
const (
	writerPragmas = "mode=rw&_journal_mode=WAL&_synchronous=FULL&_foreign_keys=1&_dqs=0&_error_rc=1" +
		"&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4096)&_pragma=journal_size_limit(67108864)"
	readerPragmas = "mode=ro&_query_only=1&_dqs=0&_error_rc=1&_pragma=cache_size(-8192)"
)

// readerConnections bounds the questions that are answered at once: each has
// its own cache.
const readerConnections = 4

func openPool(path, pragmas string, busy time.Duration, connections int) (*sql.DB, error) {
	db, err := sql.Open("sqlite", dataSource(path, pragmas, busy))
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(connections)
	db.SetMaxIdleConns(connections)
	return db, nil
}

// dataSource writes path as a URI, so that no character of it is taken for a
// parameter.
func dataSource(path, pragmas string, busy time.Duration) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") {
		slashed = "/" + slashed // a drive letter
	}
	u := url.URL{Scheme: "file", Path: slashed, RawQuery: fmt.Sprintf("_busy_timeout=%d&%s", busy.Milliseconds(), pragmas)}
	return u.String()
}

const otherFileTip = "give another file, or put the right one there"

// mustExist refuses a file that is not there, without making it.
func (s *Store) mustExist() error {
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return s.config(errors.New("no such file"), "run `recibo record` or `recibo migrate` first, or check --store")
	case err != nil:
		return s.config(plain(err), otherFileTip)
	case info.IsDir():
		return s.config(errors.New("is a folder"), "give the name of a file in it")
	}
	return nil
}

// makeFolder makes the folder for its owner alone, and reports whether
// the file is still to be made. Opening a file that SQLite has open, in this
// process, would drop SQLite's locks on it: it is only looked at.
func (s *Store) makeFolder() (isNew bool, err error) {
	const tip = "give a file in a folder where this user may write"
	if err := os.MkdirAll(filepath.Dir(s.path), 0o700); err != nil {
		return false, s.config(plain(err), tip)
	}
	info, err := os.Stat(s.path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return true, nil
	case err != nil:
		return false, s.config(plain(err), tip)
	case info.IsDir():
		return false, s.config(errors.New("is a folder"), "give the name of a file in it")
	}
	return false, nil
}

// makeFile makes an empty database that only its owner may read: it holds
// accounts. SQLite gives the files beside it the same mode.
func (s *Store) makeFile(ctx context.Context) error {
	db, err := openPool(s.path, "mode=rwc&_error_rc=1", s.options.BusyTimeout, 1)
	if err != nil {
		return s.config(err, otherFileTip)
	}
	defer func() { _ = db.Close() }()
	if err := db.PingContext(ctx); err != nil {
		return s.openError(err)
	}
	if err := os.Chmod(s.path, 0o600); err != nil {
		return s.config(plain(err), otherFileTip)
	}
	return nil
}

// plain drops the path from an error of the file system: the target names it.
func plain(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
