// Package recorder takes payment events off a queue and writes each, with its
// fate, into a database: receive, decode, batch, commit in one transaction,
// and only then ack.
//
// Way of a delivery: receive.go takes it from the queue and decodes it,
// buffer.go holds it, writer.go takes what is there as one batch, claim.go asks
// about what comes back from quarantine, commit.go gets the batch committed
// whatever the database answers, decide.go and judge.go settle each fate inside
// the transaction, and ack.go tells the queue.
package recorder

import (
	"log/slog"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/wire"
)

// Config says how a Recorder works. What is zero gets the default.
type Config struct {
	ID      string // of this process start; unique
	Host    string
	Version string

	Queue       string // what stands in the queue column of payments and entries
	QueueTarget string // the address for logs and outages, passwords masked
	StoreTarget string

	Writers      int // transactions at once; default and most: what the store stands
	Batch        int // most deliveries in one transaction; default and most: the store's
	BufferBytes  int // most bytes of bodies held; default 64 MiB
	Decode       wire.Options
	DeadLetters  bool          // record the broker's dead letters too, where it has them
	UntilIdle    time.Duration // stop when nothing was ready or in flight for so long; 0: never
	DrainTimeout time.Duration // from the stop signal on; default 10 s
	Log          *slog.Logger
	// Now is the clock of what is written; default time.Now. It may go backwards:
	// nothing that is waited for depends on it.
	Now func() time.Time
}

const (
	defaultBufferBytes  = 64 << 20
	defaultDrainTimeout = 10 * time.Second
	// bufferedBatches is how many batches may wait for each writer: one being
	// filled while one is ready keeps the writers busy.
	bufferedBatches = 3
)

func (c Config) withDefaults(mostWriters, mostBatch int) Config {
	if c.Writers <= 0 || c.Writers > mostWriters {
		c.Writers = mostWriters
	}
	if c.Batch <= 0 || c.Batch > mostBatch {
		c.Batch = mostBatch
	}
	if c.BufferBytes <= 0 {
		c.BufferBytes = defaultBufferBytes
	}
	if c.DrainTimeout <= 0 {
		c.DrainTimeout = defaultDrainTimeout
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	return c
}

// now is the time as it is written.
func (c *Config) now() time.Time { return payment.Normalize(c.Now()) }

// Result says what became of the deliveries that were committed by this
// recorder. Delivered is the sum of recorded, duplicate and quarantined.
type Result struct {
	Delivered     int64                       `json:"delivered"`
	Recorded      int64                       `json:"recorded"`
	Duplicate     int64                       `json:"duplicate"`
	Quarantined   map[quarantine.Reason]int64 `json:"quarantined"`
	ControlTotals int64                       `json:"control_totals,omitempty"` // beside what is delivered
	Outages       int64                       `json:"outages"`
	ElapsedMS     int64                       `json:"elapsed_ms"`
	PerSecond     int64                       `json:"per_second"`
}

// Progress is a Result on the way, with what is going on just now.
type Progress struct {
	Result
	Held      int    // deliveries received and not yet acked
	QueueDown string // why the queue does not answer; empty when it does
	StoreDown string // why the store does not answer; empty when it does
}
