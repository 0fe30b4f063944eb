package redrive

import (
	"errors"
	"fmt"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// Errors of acts that are refused before anything is written.
var (
	ErrEmpty    = errors.New("nothing restricts the selection")
	ErrTooMany  = fmt.Errorf("at most %d entries can be named by id", store.MaxPage)
	ErrNoSuch   = errors.New("there is no such run")
	ErrIsDone   = errors.New("the run is done: there is nothing to cancel")
	ErrNotThere = errors.New("not in quarantine")
)

// TakenOverError says that somebody else drives the run now.
type TakenOverError struct {
	ID     string
	Runner string // empty when it cannot be told
	At     time.Time
}

func (e *TakenOverError) Error() string {
	if e.Runner == "" {
		return fmt.Sprintf("redrive %s: another process drives it now", e.ID)
	}
	return fmt.Sprintf("redrive %s: %s drives it since %s", e.ID, e.Runner, e.At.UTC().Format(time.RFC3339))
}

// LostError says that an act on one entry came too late: somebody else had
// acted on it.
type LostError struct{ Loss }

func (e *LostError) Error() string {
	return fmt.Sprintf("entry %s: %s", e.EntryID, e.Words())
}

// Loss is an entry that was not as an act expected it, and who acted before.
type Loss struct {
	EntryID string
	State   quarantine.State // where it is now; empty: it is gone
	Actor   string           // of the last line of its history
	Note    string
	At      time.Time
	Mended  bool // that line is a mending
}

// Words says what happened, as a person would.
func (l *Loss) Words() string {
	if l.State == "" {
		return "it is gone: somebody purged it"
	}
	what := "it is " + string(l.State)
	if l.Mended {
		what = "it was mended"
	}
	if l.Actor == "" {
		return what
	}
	return fmt.Sprintf("%s, by %s at %s", what, l.Actor, l.At.UTC().Format(time.RFC3339))
}
