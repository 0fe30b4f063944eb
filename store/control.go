package store

import (
	"context"
	"time"

	"recibo/payment"
)

// Control is a control total that a producer sent: one row that never changes.
type Control struct {
	payment.ControlTotal
	Queue      string // the queue it came from
	Position   string // where in the queue, for people
	EntryID    string // the quarantine entry, when it came by redrive
	RecordedAt time.Time
}

// ControlOutcome answers one control total of ControlTx.Control.
type ControlOutcome struct {
	Kind   Kind
	Stored *Control // on Conflict: what stands
}

// JudgeControl compares what stands for a window with what arrived.
func JudgeControl(stands, arrived *Control) ControlOutcome {
	if payment.DiffControl(&stands.ControlTotal, &arrived.ControlTotal) == nil {
		return ControlOutcome{Kind: Duplicate}
	}
	return ControlOutcome{Kind: Conflict, Stored: stands}
}

// ControlTx is the part of every open transaction that keeps control totals. It
// takes its locks after Record and before Quarantine.
type ControlTx interface {
	// Control writes totals whose windows have distinct ids, sorted by them, and
	// answers each by its index.
	Control(ctx context.Context, cs []Control) ([]ControlOutcome, error)
}

// ControlReader is the part of every Reader that answers about control totals.
type ControlReader interface {
	Controls(ctx context.Context, q ControlQuery) (Page[Control], error)
}

// ControlQuery selects control totals; what is zero does not restrict. The
// order is by the end of the window, the latest first, then by its id,
// descending; of ByID by id.
type ControlQuery struct {
	IDs    []string  // of windows; at most MaxPage
	Since  time.Time // windows that end after this
	Until  time.Time // windows that begin before this
	Source *string   // nil: of any
	Order  Order
	Limit  int
	After  string // a cursor
}
