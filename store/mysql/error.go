package mysql

import (
	"context"
	"database/sql/driver"
	"errors"
	"strings"

	"github.com/go-sql-driver/mysql"

	"recibo/store"
)

// step is where in a transaction an error came up.
type step int

const (
	inGeneral step = iota
	inRecord       // payments or control totals are being written: their values may be refused
	inCommit       // COMMIT was sent, or may have been
)

func (at step) isCommit() bool { return at == inCommit }

// errTooBig is an error of ours: the server would hang up.
var errTooBig = errors.New("more than one statement may hold (max_allowed_packet)")

// unsentError is an error from before anything of a request was sent.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// wasUnsent reports whether nothing of a request had reached the network: that
// is what the driver says with ErrBadConn, and with none other.
func wasUnsent(err error) bool {
	_, unsent := errors.AsType[*unsentError](err)
	return unsent || errors.Is(err, driver.ErrBadConn)
}

// classify makes a *store.Error of an error of the driver. Whatever it does
// not know is an outage, and so are values refused anywhere but in payments and
// control totals: no message is to blame for these.
func classify(ctx context.Context, op string, err error, at step) error {
	class := classOf(err, at)
	if ctx.Err() != nil && !isAnswer(err) {
		err = cause(ctx, at)
	} else {
		err = shorten(err)
	}
	return &store.Error{Class: class, Op: op, Err: err}
}

// isAnswer reports whether err is the server's word on a statement, after which
// the connection goes on.
func isAnswer(err error) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && !isFatal(e.Number)
}

// isFatal reports whether the server ends the connection with this error.
func isFatal(number uint16) bool {
	switch number {
	case erServerShutdown, erConnectionKilled, erClientInactive, erPacketTooLarge:
		return true
	}
	return false
}

func classOf(err error, at step) store.Class {
	if errors.Is(err, errTooBig) {
		return store.ClassTooBig
	}
	e, ok := errors.AsType[*mysql.MySQLError](err)
	switch {
	case at.isCommit() && !wasUnsent(err) && (!ok || isFatal(e.Number) || isDoubt(e.Number)):
		return store.ClassUnknownCommit
	case !ok:
		return store.ClassOutage
	case isTransient(e.Number), at != inRecord && isKnownKey(err): // another writer was ahead
		return store.ClassTransient
	case isTooBig(e.Number):
		return store.ClassTooBig
	case isTooSlow(e.Number):
		return store.ClassTooSlow
	case at == inRecord && refusesValue(e):
		return store.ClassData
	}
	return store.ClassOutage
}

// isDoubt reports whether a COMMIT that was answered so may have landed: it was
// interrupted, or an engine stumbled in it.
func isDoubt(number uint16) bool {
	return number == erErrorDuringCommit || number == erQueryInterrupted || isTooSlow(number)
}

// isTransient: a deadlock, a lock that somebody else holds too long, a row that
// changed under us, a conflict of two servers of a group.
func isTransient(number uint16) bool {
	switch number {
	case erLockDeadlock, erLockWaitTimeout, erCheckRead, erGroupRollback:
		return true
	}
	return false
}

func isTooBig(number uint16) bool {
	switch number {
	case erPacketTooLarge, erPacketOverflowed, erTransCacheFull:
		return true
	}
	return false
}

// isTooSlow: a time limit of the server, somebody who ends what takes long, or
// the server's memory, for locks too: fewer at once may pass, and one alone is
// not to blame.
func isTooSlow(number uint16) bool {
	switch number {
	case erStatementTimeout, erQueryTimeout, erQueryInterrupted, erLockTableFull, erOutOfMemory, erOutOfSortMemory, erOutOfResources:
		return true
	}
	return false
}

// refusesValue reports whether e is a rule that somebody made for what comes. NOT
// NULL is not among them, nor is a foreign key, nor a missing partition: a new
// column without a value of its own, or a list that was emptied, refuses every
// payment.
func refusesValue(e *mysql.MySQLError) bool {
	switch e.Number {
	case erCheckViolated, erConstraintFailed,
		erDupEntry, erDupKey, erDupUnique, erDupEntryWithKeyName, // of a key that is not ours
		erOutOfRange, erDataTruncated, erTruncatedWrongValue, erInvalidCharacters, erDivisionByZero, erWrongValueForField,
		erIllegalValueForType, erDataTooLong, erWrongValueForType, erWrongValue, erDataOutOfRange,
		erSignal: // of a trigger
		return true
	}
	return string(e.SQLState[:]) == "45000" // what a trigger says for itself
}

// isKnownKey reports whether err says that a primary key is there already. A
// trigger may write to other tables, whose keys are called PRIMARY too.
func isKnownKey(err error) bool {
	e, ok := errors.AsType[*mysql.MySQLError](err)
	return ok && e.Number == erDupEntry && (keyOf(e) == "PRIMARY" || strings.HasSuffix(keyOf(e), ".PRIMARY"))
}

// keyOf is the key that is told of at the end of a message about a duplicate,
// after the value, which may hold anything.
func keyOf(e *mysql.MySQLError) string {
	const before = " for key '"
	i := strings.LastIndex(e.Message, before)
	if i < 0 {
		return ""
	}
	return strings.TrimSuffix(e.Message[i+len(before):], "'")
}

// isSpoilt reports whether the pool's connections may be of no use after err:
// the server went away, or became a replica, or its rights or tables changed.
// Values refused, locks, limits and full disks leave them alone.
func isSpoilt(err error) bool {
	switch store.ClassOf(err) {
	case store.ClassData, store.ClassTransient, store.ClassTooBig, store.ClassTooSlow:
		return false
	}
	e, ok := errors.AsType[*mysql.MySQLError](err)
	if !ok || isFatal(e.Number) {
		return true
	}
	switch e.Number {
	case erDiskFull, erRecordFileFull, erBadNull, erNoDefault, erNoReferencedRow, erNoReferencedRow2, erNoPartition:
		return false
	}
	return !refusesValue(e)
}

// ended is the outage of a transaction whose context ended before op.
func ended(ctx context.Context, op string) error {
	return &store.Error{Class: store.ClassOutage, Op: op, Err: context.Cause(ctx)}
}

// cause says why a statement was given up.
func cause(ctx context.Context, at step) error {
	if at.isCommit() {
		return errors.New("no answer from the server")
	}
	return context.Cause(ctx)
}
