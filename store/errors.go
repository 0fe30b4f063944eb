package store

import (
	"errors"
	"fmt"
)

// Class says what to do about an error of a store.
type Class int

// The classes. The zero class is ClassOutage: an error that nobody recognised
// is never blamed on the data.
const (
	ClassOutage        Class = iota // wait and try again, for ever
	ClassTransient                  // redo the transaction now
	ClassData                       // the database refuses a value of this transaction
	ClassTooBig                     // more than one statement or transaction may hold
	ClassTooSlow                    // a time limit of the database: fewer at once may pass
	ClassUnknownCommit              // no answer to COMMIT: it may have landed
)

var classNames = [...]string{"outage", "transient", "data", "too big", "too slow", "unknown commit"}

func (c Class) String() string {
	if c < 0 || int(c) >= len(classNames) {
		return fmt.Sprintf("class %d", int(c))
	}
	return classNames[c]
}

// Error is an error of a database with its class.
type Error struct {
	Class Class
	Op    string // what was being done: "record 64 payments"
	Err   error
}

func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

func (e *Error) Unwrap() error { return e.Err }

// ClassOf returns the class of the outermost *Error in err's chain, and
// ClassOutage where there is none.
func ClassOf(err error) Class {
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Class
	}
	return ClassOutage
}

// ConfigError is an error that waiting cannot mend: a wrong password, an
// unknown database, tables that are missing, old or newer than this program.
type ConfigError struct {
	Target string // the address, passwords masked
	Tip    string
	Err    error
}

func (e *ConfigError) Error() string { return fmt.Sprintf("store %s: %v", e.Target, e.Err) }

func (e *ConfigError) Unwrap() error { return e.Err }

// Hint is what to do about it.
func (e *ConfigError) Hint() string { return e.Tip }

// ErrFenced is returned by Tx.Claim when the writer's numbers went on without
// the caller: somebody else writes under its id.
var ErrFenced = errors.New("another process writes under this writer's id")

// ErrBadCursor is returned by a Reader for a cursor that it did not make.
var ErrBadCursor = errors.New("not a cursor of this list")
