package quarantine

import (
	"crypto/sha256"
	"time"
)

// State is where an entry stands.
type State string

// The states.
const (
	Held      State = "held"      // waits for somebody
	Redriven  State = "redriven"  // sent back through the queue
	Resolved  State = "resolved"  // its redrive was recorded, or was a duplicate
	Discarded State = "discarded" // somebody decided that it is not a payment
)

// States lists all of them.
var States = []State{Held, Redriven, Resolved, Discarded}

// Roles lists all of them.
var Roles = []Role{Operator, Recorder, Redrive}

// Role is who may make a transition.
type Role string

// The roles.
const (
	Operator Role = "operator"
	Recorder Role = "recorder"
	Redrive  Role = "redrive"
)

// Legal reports whether role may move an entry from one state to the other.
func Legal(from, to State, by Role) bool {
	switch from {
	case Held:
		return by == Operator && (to == Redriven || to == Discarded)
	case Redriven:
		return by == Recorder && (to == Resolved || to == Held) || by == Redrive && to == Held
	case Resolved, Discarded:
		return by == Recorder && to == Held
	}
	return false
}

// Transition is one wanted change of state. A store applies it only if it is
// Legal, and only to an entry that is in state From at attempt Attempt, and
// writes a HistoryLine.
type Transition struct {
	EntryID string
	From    State
	To      State
	By      Role
	Attempt int // the attempt the entry must be at; a step to Redriven adds one

	// RedriveID is the run that makes a step to Redriven.
	RedriveID string

	// A step from Redriven to Held replaces these, when Reason is not empty.
	Reason      Reason
	Detail      string
	FieldErrors []FieldError

	Actor string
	Note  string
	At    time.Time
}

// HistoryLine is one transition, or mending, that happened.
type HistoryLine struct {
	EntryID string
	From    State // empty for the line that says the entry was made
	To      State
	Attempt int    // after the transition
	Reason  Reason // after the transition
	Actor   string
	Note    string
	At      time.Time

	// MendedSHA256 is of the body that a mending put beside the original: such
	// a line goes from Held to Held. It is nil in all others, and where a mended
	// body was taken away again.
	MendedSHA256 *[sha256.Size]byte
}
