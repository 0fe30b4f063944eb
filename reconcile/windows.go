package reconcile

import (
	"context"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// WindowConfig says which windows to prove, by the control totals that their
// producers sent. What is zero does not restrict.
type WindowConfig struct {
	Reader store.Reader

	// Windows that reach into this period are proved, as a whole.
	Source       string
	Since, Until time.Time // of occurred_at; Until is exclusive

	RecordedUntil time.Time     // leaves out what was recorded later
	Now           time.Time     // the moment of the proof
	Grace         time.Duration // how long payments may come after their control total

	Decoding wire.Options // how the recorder reads messages
	TempDir  string       // as in Config
	Chunk    int          // as in Config
	Examples int          // most windows that are told of; default 20

	// These, when they are not nil, are handed each payment of the period and each
	// control total of its windows, the latest first, and each entry of the period
	// that waits, in the order of their ids by groups of reasons.
	Payment func(p *store.Payment) error
	Control func(c *store.Control)
	Waiting func(w Waiting)
}

// Waiting is an entry that is held or redriven.
type Waiting struct {
	Entry         string
	Reason        quarantine.Reason
	State         quarantine.State
	TransactionID string
	Amount        *payment.Money // when it can be read
	Placed        bool           // false: whether it belongs to the period cannot be read
}

// Verdict is what is known of a window.
type Verdict string

// The verdicts.
const (
	Balanced    Verdict = "balanced"    // count, amounts and fingerprints are those of its control totals
	Open        Verdict = "open"        // its control total is not there, or younger than the grace
	Missing     Verdict = "missing"     // fewer payments than were counted
	TooMany     Verdict = "too_many"    // more payments than were counted
	Differs     Verdict = "differs"     // as many payments as were counted, but not those
	Overlapping Verdict = "overlapping" // another window of its source shares a part of it
)

// Verdicts lists all of them.
var Verdicts = []Verdict{Balanced, Open, Missing, TooMany, Differs, Overlapping}

// WindowsResult is the answer. Balanced means that there are windows, and that
// each is balanced or still open.
type WindowsResult struct {
	Balanced  bool              `json:"balanced"`
	Windows   int64             `json:"windows"`    // that were proved
	ByVerdict map[Verdict]int64 `json:"by_verdict"` // of them; and one open for each source with uncovered payments
	Payments  Sum               `json:"payments"`   // recorded in the period
	Uncovered Sum               `json:"uncovered"`  // of them, those that no window covers
	Mended    int64             `json:"mended"`     // that came out of quarantine and that no control total counts
	Unplaced  int64             `json:"unplaced"`   // entries that wait and do not tell their window
	Examples  []WindowExample   `json:"examples"`   // what is not balanced; what is not open either goes first
}

// WindowExample is a window that is not balanced.
type WindowExample struct {
	Source      *string    `json:"source"` // nil: payments that name none
	Producers   []string   `json:"producers"`
	From        string     `json:"from"`
	Until       string     `json:"until"`
	Verdict     Verdict    `json:"verdict"`
	Expected    Sum        `json:"expected"` // what its control totals add up to
	Recorded    Sum        `json:"recorded"`
	Difference  Difference `json:"difference"` // recorded less expected
	Held        Held       `json:"held"`
	Explanation string     `json:"explanation"` // for people
	Payments    []Example  `json:"payments"`    // those that are known to be wrong, or missing

	window *window
}

// Held is what waits in quarantine and belongs to a window.
type Held struct {
	Count   int64                       `json:"count"` // ids that are not recorded
	Amounts map[payment.Currency]string `json:"amounts"`
	Entries []string                    `json:"entries"` // the first of them
}

const (
	defaultWindows = 20
	mostNamed      = 10 // entries and payments that are named for a window
)

// RunWindows proves every window from the database alone: payments and control
// totals are read once, the latest first, side by side, and what waits in
// quarantine is sorted into them. Memory grows with the windows that overlap in
// one moment, and with nothing else. Nothing about verdicts is stored: a payment
// that comes late changes that of its window in the next run.
func RunWindows(ctx context.Context, c WindowConfig) (WindowsResult, error) {
	c.defaults()
	ctx, cancel := context.WithCancel(ctx) // ends the sorter whatever happens
	defer cancel()
	s := newSweep(c)
	if err := s.run(ctx); err != nil {
		return WindowsResult{}, err
	}
	err := s.finish(ctx)
	return s.result, err
}

func (c *WindowConfig) defaults() {
	if c.Examples <= 0 {
		c.Examples = defaultWindows
	}
	if c.Chunk <= 0 {
		c.Chunk = defaultChunk
	}
}
