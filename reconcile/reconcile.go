// Package reconcile compares what was sent with what is stored, and so proves
// that nothing was lost, doubled or changed. It reads both as streams and
// joins them in sorted order: memory does not grow with their length.
//
// Way of the proof: sent.go sorts what was sent by transaction_id, payments.go
// joins that with the payments, and what is not a payment is sorted by the
// hash of its body and joined with the quarantine in entries.go.
package reconcile

import (
	"context"
	"iter"
	"time"

	"recibo/ledger"
	"recibo/store"
)

// Config says what to compare.
type Config struct {
	Reader store.Reader
	Sent   iter.Seq2[ledger.Line, error] // in any order

	// These bound which payments that were not sent count as unexpected. What
	// is zero does not restrict.
	Source       string
	Since, Until time.Time // of occurred_at; Until is exclusive

	TempDir  string // for the sorting of more than fits into memory; default: the system's
	Chunk    int    // records sorted in memory at once; default 100,000, some 30 MB
	Examples int    // most ids named for each kind of difference; default 10

	rows    iter.Seq2[row, error] // in the order of their ids; nil: read from Reader
	missing *missingEvents        // told of valid events that are neither payment nor entry
}

func (c *Config) defaults() {
	if c.Examples <= 0 {
		c.Examples = defaultExamples
	}
	if c.Chunk <= 0 {
		c.Chunk = defaultChunk
	}
}

// Result is the answer. Balanced means that nothing is missing, unexpected or
// differing.
type Result struct {
	Balanced   bool      `json:"balanced"`
	Expected   int64     `json:"expected"`   // distinct ids of valid events that were sent
	Recorded   int64     `json:"recorded"`   // of them recorded with a content that was sent
	Missing    int64     `json:"missing"`    // sent, and neither payment nor entry
	Unexpected int64     `json:"unexpected"` // payments that were not sent
	Differing  int64     `json:"differing"`  // payments with a content that was not sent
	Mended     int64     `json:"mended"`     // payments that came by a mended redrive
	Held       int64     `json:"held"`       // entries of what was sent that wait in quarantine
	Accounted  int64     `json:"accounted"`  // messages sent whose payment or entry exists
	Examples   []Example `json:"examples"`
}

// Example names one difference.
type Example struct {
	Kind string `json:"kind"` // missing, unexpected, differing
	ID   string `json:"id"`   // the transaction_id; the message where that has none
}

// The kinds of an Example.
const (
	KindMissing    = "missing"
	KindUnexpected = "unexpected"
	KindDiffering  = "differing"
)

const (
	defaultExamples = 10
	defaultChunk    = 100_000
)

type run struct {
	Config
	result Result
	named  map[string]int
}

// Run compares.
func Run(ctx context.Context, c Config) (Result, error) {
	c.defaults()
	r := &run{Config: c, named: map[string]int{}, result: Result{Examples: []Example{}}}
	ctx, cancel := context.WithCancel(ctx) // ends the sorters whatever happens
	defer cancel()

	byBody, err := r.joinPayments(ctx)
	if err != nil {
		return Result{}, err
	}
	if err := r.joinEntries(ctx, byBody); err != nil {
		return Result{}, err
	}
	x := &r.result
	x.Balanced = x.Missing == 0 && x.Unexpected == 0 && x.Differing == 0
	return *x, nil
}

func (r *run) name(kind, id string) {
	if r.named[kind] < r.Examples {
		r.named[kind]++
		r.result.Examples = append(r.result.Examples, Example{Kind: kind, ID: id})
	}
}
