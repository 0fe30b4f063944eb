package store

import (
	"cmp"
	"time"

	"recibo/payment"
	"recibo/quarantine"
)

// Writer is one writing goroutine of one process start. Each of its
// transactions carries the next number.
type Writer struct {
	ID        string
	Recorder  string // the process it belongs to
	Host      string
	Version   string
	StartedAt time.Time
	SeenAt    time.Time
	Seq       int64 // of this transaction; 1 for the first, which makes the row
}

// Fate is what was decided about one delivery.
type Fate string

// The fates.
const (
	FateRecorded    Fate = "recorded"
	FateDuplicate   Fate = "duplicate"
	FateQuarantined Fate = "quarantined"
	FateControl     Fate = "control" // a control total, recorded or come again
)

// TallyKey is what deliveries are counted by. Currency and Method are empty
// when they could not be read; Reason is empty unless quarantined.
type TallyKey struct {
	Writer   string
	Hour     time.Time // start of the hour of the decision, UTC
	Fate     Fate
	Reason   quarantine.Reason
	Currency payment.Currency
	Method   string
}

// Compare orders keys as their columns stand.
func (k TallyKey) Compare(o TallyKey) int {
	return cmp.Or(
		cmp.Compare(k.Writer, o.Writer), k.Hour.Compare(o.Hour), cmp.Compare(k.Fate, o.Fate),
		cmp.Compare(k.Reason, o.Reason), cmp.Compare(k.Currency, o.Currency), cmp.Compare(k.Method, o.Method))
}

// TallyLine is a count of deliveries and the sum of their amounts.
type TallyLine struct {
	TallyKey
	Count  int64
	Amount payment.Total
}

// Outage is a stretch in which queue or store did not answer.
type Outage struct {
	ID        string
	Recorder  string
	Component Component
	Target    string // the address, passwords masked
	BeganAt   time.Time
	SeenAt    time.Time // when the recorder last found it still so
	EndedAt   time.Time // zero while it lasts
	Attempts  int64
	LastError string
	ClosedBy  string // the recorder that closed it for a dead one
}

// Component is what did not answer.
type Component string

// The components.
const (
	QueueComponent Component = "queue"
	StoreComponent Component = "store"
)
