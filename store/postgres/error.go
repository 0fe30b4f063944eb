package postgres

import (
	"context"
	"errors"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"recibo/store"
)

// step is where in a transaction an error came up.
type step int

const (
	inGeneral        step = iota
	inRecord              // payments or control totals are being written: their values may be refused
	inCommit              // COMMIT was sent, or may have been
	inCommitOfRecord      // the same, and these are among what is committed
)

func (at step) isCommit() bool { return at == inCommit || at == inCommitOfRecord }

// errTooBig is an error of ours: the server would hang up.
var errTooBig = errors.New("more than one statement may hold")

// unsentError is an error from before anything of a request was sent.
type unsentError struct{ error }

func (e *unsentError) Unwrap() error { return e.error }

// SafeToRetry says that nothing was sent.
func (e *unsentError) SafeToRetry() bool { return true }

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
// the connection goes on: the transaction is rolled back for certain.
func isAnswer(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	return ok && !isFatal(e)
}

// isFatal reports whether the server ends the connection with e. Its Severity
// is in the server's language.
func isFatal(e *pgconn.PgError) bool {
	return e.SeverityUnlocalized == "FATAL" || e.SeverityUnlocalized == "PANIC"
}

func classOf(err error, at step) store.Class {
	switch {
	case errors.Is(err, errTooBig):
		return store.ClassTooBig
	case errors.Is(err, pgx.ErrTxCommitRollback):
		return store.ClassOutage // the server says so: nothing was committed
	case at.isCommit() && !isAnswer(err) && !pgconn.SafeToRetry(err):
		return store.ClassUnknownCommit
	}
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return store.ClassOutage
	}
	switch {
	case at.isCommit() && e.Code == "08007": // transaction_resolution_unknown
		return store.ClassUnknownCommit
	case e.Code == "40001" || e.Code == "40P01" || e.Code == "23505" && isOurs(e):
		return store.ClassTransient
	case e.Code == "57014", e.Code == "53200":
		// A time limit of the server, or its memory: fewer at once may pass.
		return store.ClassTooSlow
	case strings.HasPrefix(e.Code, "54"):
		return store.ClassTooBig
	case (at == inRecord || at == inCommitOfRecord) && refusesValue(e):
		return store.ClassData
	}
	return store.ClassOutage
}

// refusesValue reports whether e is a rule that somebody made for what comes. NOT
// NULL is not among them, nor is a foreign key: a new column without a value of
// its own, or a list that was emptied, refuses every payment. A check without
// a name is a partition that is missing.
func refusesValue(e *pgconn.PgError) bool {
	switch e.Code {
	case "23514": // check_violation
		return e.ConstraintName != ""
	case "23505", "23P01", // unique_violation, exclusion_violation
		"P0001": // raise_exception, of a trigger
		return true
	}
	return strings.HasPrefix(e.Code, "22") // data exception
}

// keys are those of our tables: written twice at the same time, or handed out
// again after a restore.
var keys = map[string]bool{
	"payments_pkey": true, "quarantine_pkey": true, "quarantine_history_pkey": true,
	"outages_pkey": true, "writers_pkey": true, "tally_pkey": true, "redrives_pkey": true, "control_totals_pkey": true,
}

func isOurs(e *pgconn.PgError) bool { return keys[e.ConstraintName] }

// isSpoilt reports whether the pool's connections may be of no use after err:
// the server went away, or became a standby, or its tables changed under what
// is prepared. Values refused, locks, limits and full disks leave them alone.
func isSpoilt(err error) bool {
	e, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !isAnswer(err) {
		return !errors.Is(err, errTooBig)
	}
	switch e.Code[:2] {
	case "22", "23", "40", "53", "54", "55", "P0":
		return false
	}
	return e.Code != "57014"
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
