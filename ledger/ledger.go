// Package ledger keeps what was durably sent to a queue, in a file that people
// can read and programs can compare with a store.
//
// The file is NDJSON, one batch after the other. A batch is announced with its
// size, then each of its messages has a line, and all of that is in the file
// before the first of them is published. Once the broker has some of them, a
// sent line names these as pairs of first and last message:
//
//	{"batch":3}
//	{"message":"1:0","kind":"unique","transaction_id":"E…","fingerprint":"…","body_sha256":"…"}
//	{"message":"1:1","kind":"malformed","body_sha256":"…"}
//	{"message":"1:2","kind":"unique","transaction_id":"E…","fingerprint":"…","body_sha256":"…"}
//	{"sent":["1:0","1:0","1:2","1:2"],"count":2}
//
// A message that no sent line covers is in doubt: the broker may or may not
// have it.
package ledger

import (
	"crypto/sha256"
	"slices"

	"recibo/payment"
)

// Kind says what a message was made to be.
type Kind string

// The kinds. The first three are valid events, with id and fingerprint.
const (
	Unique    Kind = "unique"
	Duplicate Kind = "duplicate" // an earlier event again
	Conflict  Kind = "conflict"  // an earlier id with other content
	Malformed Kind = "malformed"
	Invalid   Kind = "invalid"
	TooLarge  Kind = "too_large"
)

// Kinds lists all of them.
var Kinds = []Kind{Unique, Duplicate, Conflict, Malformed, Invalid, TooLarge}

// Valid reports whether messages of this kind are valid events.
func (k Kind) Valid() bool { return k == Unique || k == Duplicate || k == Conflict }

func (k Kind) known() bool { return slices.Contains(Kinds, k) }

// MaxBatch is the most messages that a batch may have: a reader holds one
// batch in memory.
const MaxBatch = 10_000

// Line is one message of the ledger.
type Line struct {
	MessageID     string
	Kind          Kind
	TransactionID string              // of valid events only
	Fingerprint   payment.Fingerprint // of valid events only
	BodySHA256    [sha256.Size]byte
	InDoubt       bool // no sent line covers it; a Writer does not look at it
}

// line is the JSON of every kind of line; pointers tell absent from zero.
type line struct {
	Batch         *int     `json:"batch,omitempty"`
	Message       string   `json:"message,omitempty"`
	Kind          Kind     `json:"kind,omitempty"`
	TransactionID string   `json:"transaction_id,omitempty"`
	Fingerprint   string   `json:"fingerprint,omitempty"`
	BodySHA256    string   `json:"body_sha256,omitempty"`
	Sent          []string `json:"sent,omitempty"`
	Count         int      `json:"count,omitempty"`
}
