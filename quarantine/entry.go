// Package quarantine is what could not be recorded: the entry that holds a
// delivery's bytes with the reason, and the states it goes through until it is
// resolved or discarded.
package quarantine

import (
	"crypto/sha256"
	"encoding/hex"
	"time"

	"recibo/payment"
)

// Reason says why a delivery is held. Reasons are stable: they are columns,
// filters and metrics.
type Reason string

// The reasons.
const (
	Malformed Reason = "malformed" // not one JSON object
	Invalid   Reason = "invalid"   // an object, but not a valid event
	Conflict  Reason = "conflict"  // the id is recorded with other content
	Rejected  Reason = "rejected"  // the database refuses the values
	TooLarge  Reason = "too_large" // over the size limit, not even parsed
)

// Reasons lists all of them, in the order in which they are judged.
var Reasons = []Reason{TooLarge, Malformed, Invalid, Conflict, Rejected}

// Bounds of an entry.
const (
	MaxBody       = 1 << 20  // bodies are kept whole up to this many bytes
	TruncatedBody = 64 << 10 // of longer ones this much is kept
)

// Entry is one distinct body that could not be recorded, for one reason.
type Entry struct {
	ID          string // EntryID(body, first reason); never changes
	Reason      Reason // why it is held now
	Detail      string // one sentence for people; never holds values
	FieldErrors []FieldError

	Body       []byte // whole, or the first TruncatedBody bytes
	BodySize   int64  // of the whole body, in bytes
	BodySHA256 [sha256.Size]byte
	Truncated  bool // then the entry cannot be redriven
	Headers    map[string]string

	Queue    string
	Position string

	TransactionID string         // when it could be read
	Amount        *payment.Money // when it could be read

	Seen        int64 // deliveries of these bytes
	FirstSeenAt time.Time
	LastSeenAt  time.Time

	State      State
	Attempt    int    // redrives so far
	MendedBody []byte // nil until somebody mended it
	RedriveID  string // the run that redrove it last
}

// EntryID names an entry: the first 16 bytes, in hexadecimal, of the SHA-256
// of the reason, a zero byte and the SHA-256 of the body.
func EntryID(reason Reason, bodySHA256 [sha256.Size]byte) string {
	var scratch [64]byte
	b := append(scratch[:0], reason...)
	b = append(b, 0)
	b = append(b, bodySHA256[:]...)
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:16])
}

// New makes a held entry for a body that was seen once, at the given time. It
// copies what it keeps, cuts what is too long and cleans text so that every
// store takes it.
func New(reason Reason, body []byte, detail string, fields []FieldError, seenAt time.Time) *Entry {
	sum := sha256.Sum256(body)
	e := &Entry{
		ID:     EntryID(reason, sum),
		Reason: reason, Detail: Text(detail, maxDetail), FieldErrors: cleanFields(fields),
		BodySize: int64(len(body)), BodySHA256: sum,
		Seen: 1, FirstSeenAt: payment.Normalize(seenAt), LastSeenAt: payment.Normalize(seenAt),
		State: Held,
	}
	if len(body) > MaxBody {
		body, e.Truncated = body[:TruncatedBody], true
	}
	e.Body = append([]byte{}, body...)
	return e
}
