package sqlite

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"recibo/store"
)

// step is where in a transaction an error came up.
type step int

const (
	inGeneral step = iota
	inRecord       // payments are being written: their values may be refused
	inCommit
)

// classify makes a *store.Error of an error of the driver. Whatever it does
// not know is an outage, and so are values refused anywhere but in payments:
// no event is to blame for these.
func classify(op string, err error, at step) error {
	return &store.Error{Class: classOf(err, at), Op: op, Err: explain(err)}
}

func classOf(err error, at step) store.Class {
	code, ok := codeOf(err)
	switch {
	case !ok:
		return store.ClassOutage
	case code == sqlite3.SQLITE_TOOBIG:
		return store.ClassTooBig
	case at == inRecord && refusesValue(code):
		return store.ClassData
	case at == inCommit && code&0xff == sqlite3.SQLITE_IOERR:
		return store.ClassUnknownCommit // the log may be whole, and count after the next start
	}
	return store.ClassOutage
}

// refusesValue reports whether code is a rule that somebody made for payments.
// NOT NULL is not among them: a new column without a value of its own is a
// migration that this program does not know, and refuses every payment. A
// second key of ours would be met by ON CONFLICT.
func refusesValue(code int) bool {
	switch code {
	case sqlite3.SQLITE_CONSTRAINT_CHECK, sqlite3.SQLITE_CONSTRAINT_UNIQUE,
		sqlite3.SQLITE_CONSTRAINT_TRIGGER, sqlite3.SQLITE_CONSTRAINT_DATATYPE, sqlite3.SQLITE_MISMATCH:
		return true
	}
	return false
}

func codeOf(err error) (int, bool) {
	e, ok := errors.AsType[*sqlite.Error](err)
	if !ok {
		return 0, false
	}
	return e.Code(), true
}

func isBusy(err error) bool {
	code, _ := codeOf(err)
	return code&0xff == sqlite3.SQLITE_BUSY || code&0xff == sqlite3.SQLITE_LOCKED
}

// explain puts words before an error whose own say little.
func explain(err error) error {
	if isBusy(err) {
		return fmt.Errorf("database is locked by another program: %w", err)
	}
	return err
}

// spoilt reports whether a connection may be of no use after err: then the next
// transaction opens another one, which sees a file that was put back. A lock, a
// full disk, a refused value and an ended context leave the connection alone.
func spoilt(err error) bool {
	if errors.Is(err, driver.ErrBadConn) {
		return true
	}
	code, ok := codeOf(err)
	if !ok {
		return false
	}
	switch code & 0xff {
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CONSTRAINT,
		sqlite3.SQLITE_MISMATCH, sqlite3.SQLITE_TOOBIG, sqlite3.SQLITE_INTERRUPT:
		return false
	}
	return true
}

// openError is an error of the first use of a file: what waiting cannot mend is
// a *store.ConfigError.
func (s *Store) openError(err error) error {
	code, _ := codeOf(err)
	if code == sqlite3.SQLITE_IOERR_SHMSIZE { // no room for the index of the log
		code = sqlite3.SQLITE_FULL
	}
	switch code & 0xff {
	case sqlite3.SQLITE_NOTADB:
		return s.config(errors.New("file is not a database"), otherFileTip)
	case sqlite3.SQLITE_CORRUPT:
		return s.config(err, "restore the file from a backup, or give another one")
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
		return s.config(err, "let this user write to the file and its folder, or give another file")
	case sqlite3.SQLITE_FULL:
		return s.config(errors.New("the disk is full"), "make room on the disk of the file, or give another file")
	case sqlite3.SQLITE_CANTOPEN:
		return s.config(err, "let this user read and write the file and its folder, or give another file")
	}
	return classify("open "+s.target(), err, inGeneral)
}

// ended is the outage of a transaction whose context ended before op.
func ended(ctx context.Context, op string) error {
	return &store.Error{Class: store.ClassOutage, Op: op, Err: context.Cause(ctx)}
}
