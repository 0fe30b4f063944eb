package store

import (
	"context"
	"time"

	"recibo/quarantine"
)

// Redrive is one run that sends held entries back through the queue: what was
// selected, frozen by a cut-off time, and how far it came.
type Redrive struct {
	ID     string
	Filter string    // what selects the entries, as JSON; see the package redrive
	Cutoff time.Time // entries first seen from then on are untouched
	Actor  string
	Note   string
	Rate   int   // entries a second
	Total  int64 // entries selected when it began

	Seq     int64  // of this change of the row; 1 makes it
	Runner  string // the process that drives it
	Cursor  string // the id of the last entry that was looked at; entries go by id
	Moved   int64  // entries that went from held to redriven
	Refused int64  // of them, those that the queue would not take: held again
	State   RedriveState

	BeganAt time.Time
	SeenAt  time.Time // of this change
	EndedAt time.Time // zero until it is done or cancelled
}

// RedriveState is where a run stands.
type RedriveState string

// The states of a run.
const (
	RedriveRunning   RedriveState = "running"   // also one whose process died: resume it
	RedriveStopped   RedriveState = "stopped"   // interrupted in good order: resume it
	RedriveDone      RedriveState = "done"      // every entry was sent, or is not to be
	RedriveCancelled RedriveState = "cancelled" // somebody ended it
)

// RedriveStates lists all of them.
var RedriveStates = []RedriveState{RedriveRunning, RedriveStopped, RedriveDone, RedriveCancelled}

// DeskTx is the part of every open transaction that belongs to the people who
// decide about what is held.
type DeskTx interface {
	// Redrive writes the row of a run if its number is the next one. landed is
	// true when a change with this number and runner was committed before: then
	// nothing may be written. ErrFenced says that somebody else drives the run.
	// It takes its lock before Transition.
	Redrive(ctx context.Context, r Redrive) (landed bool, err error)
	// Mend puts a mended body beside the original, and reports whether the entry
	// was as the mending expects it.
	Mend(ctx context.Context, m quarantine.Mending) (bool, error)
	// Purge removes those of the entries, distinct and sorted, that are resolved
	// or discarded, with their history, and returns how many.
	Purge(ctx context.Context, ids []string) (int64, error)
}

// RedriveReader is the part of every Reader that answers about runs.
type RedriveReader interface {
	Redrives(ctx context.Context, q RedriveQuery) (Page[Redrive], error)
}

// RedriveQuery selects runs, the latest first; what is zero does not restrict.
type RedriveQuery struct {
	ID     string
	States []RedriveState
	Limit  int
	After  string // a cursor
}

// ClaimRedrive judges a change of a run's row against what stands, found false
// for nothing: whether it landed already, and otherwise whether it may be made.
func ClaimRedrive(found bool, standsSeq int64, standsRunner string, r *Redrive) (landed bool, err error) {
	switch {
	case found && standsSeq == r.Seq && standsRunner == r.Runner:
		return true, nil
	case found && standsSeq == r.Seq-1, !found && r.Seq == 1:
		return false, nil
	}
	return false, ErrFenced
}
