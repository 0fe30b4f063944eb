// Package store is the port to the transactional databases that keep payments,
// what could not be recorded, and the proof of both. It says what one
// transaction can do; one package below it speaks to each system.
package store

import (
	"context"
	"time"

	"recibo/payment"
	"recibo/quarantine"
)

// Payment is a recorded event: one row that never changes.
type Payment struct {
	payment.Event
	Fingerprint payment.Fingerprint
	Queue       string // the queue it came from
	Position    string // where in the queue, for people
	EntryID     string // the quarantine entry, when it came by redrive
	RecordedAt  time.Time
}

// Kind is what became of one payment that was to be recorded.
type Kind int

// The kinds.
const (
	Recorded  Kind = iota + 1 // written now
	Duplicate                 // the same content stands already
	Conflict                  // other content stands under this id
)

// Outcome answers one payment of Tx.Record.
type Outcome struct {
	Kind   Kind
	Stored *Payment // on Conflict: what stands
}

// Judge compares what stands under an id with what arrived, field by field: a
// fingerprint may be of another version.
func Judge(stands, arrived *Payment) Outcome {
	if payment.Diff(&stands.Event, &arrived.Event) == nil {
		return Outcome{Kind: Duplicate}
	}
	return Outcome{Kind: Conflict, Stored: stands}
}

// Tx is one open transaction, as the recorder uses it; Controls and Desk give
// the parts that belong to others. Its methods are called by one goroutine, in
// the order of this interface: every transaction takes its locks in the same
// order, so none waits for another in a circle.
type Tx interface {
	// Claim takes the writer's next number. landed is true when a transaction
	// with this number was committed before: then nothing may be written.
	Claim(ctx context.Context, w Writer) (landed bool, err error)
	// Record writes payments whose ids are distinct and sorted, and answers
	// each by its index.
	Record(ctx context.Context, ps []Payment) ([]Outcome, error)
	// Quarantine writes entries whose ids are distinct and sorted. One that
	// stands already gets its Seen added and its LastSeenAt moved on; one that
	// was resolved or discarded is held again, with a line of history.
	Quarantine(ctx context.Context, es []quarantine.Entry) error
	// Transition moves entries from state to state, each only if it still is
	// where the transition expects it; it answers each by its index.
	Transition(ctx context.Context, ts []quarantine.Transition) ([]bool, error)
	// Tally adds counts and amounts. Lines have distinct keys and are sorted.
	Tally(ctx context.Context, lines []TallyLine) error
	// Outage writes the outage, or replaces what stands under its id.
	Outage(ctx context.Context, o Outage) error
}

// Limits are what a store stands well.
type Limits struct {
	Writers int // transactions at once
	Batch   int // events in one transaction
}

// Store is one database. Its methods may be called by several goroutines.
type Store interface {
	Reader() Reader
	// Update runs fn in one transaction and commits it: one attempt, no retry.
	// An error is classified: see ClassOf. An error of fn rolls back.
	Update(ctx context.Context, fn func(context.Context, Tx) error) error
	// Check answers whether the database can be reached and has the tables of
	// this version. A *ConfigError cannot be mended by waiting.
	Check(ctx context.Context) error
	// Migrate makes or upgrades the tables. Running it again changes nothing.
	Migrate(ctx context.Context) error
	Limits() Limits
	Close() error
}
