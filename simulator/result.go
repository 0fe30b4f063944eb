package simulator

import (
	"time"

	"recibo/ledger"
)

// Result says what was sent. Sent is the sum of the kinds.
type Result struct {
	Seed      uint64 `json:"seed"`
	Sent      int64  `json:"sent"`     // the broker has them durably
	InDoubt   int64  `json:"in_doubt"` // no answer: the broker may or may not have them
	Unique    int64  `json:"unique"`
	Duplicate int64  `json:"duplicate"`
	Conflict  int64  `json:"conflict"`
	Malformed int64  `json:"malformed"`
	Invalid   int64  `json:"invalid"`
	TooLarge  int64  `json:"too_large"`
	Refused   int64  `json:"refused,omitempty"` // too big for the broker: not sent, and given up
	// Control totals are no part of Sent. Unsent are those without an answer, and
	// those of windows in which a payment may be in doubt.
	ControlTotals       int64 `json:"control_totals,omitempty"`
	ControlTotalsUnsent int64 `json:"control_totals_unsent,omitempty"`

	ElapsedMS int64 `json:"elapsed_ms"`
	PerSecond int64 `json:"per_second"`
}

func (r *Result) count(k ledger.Kind) {
	r.Sent++
	switch k {
	case ledger.Unique:
		r.Unique++
	case ledger.Duplicate:
		r.Duplicate++
	case ledger.Conflict:
		r.Conflict++
	case ledger.Malformed:
		r.Malformed++
	case ledger.Invalid:
		r.Invalid++
	case ledger.TooLarge:
		r.TooLarge++
	}
}

// at returns the result with the time that it took.
func (r Result) at(elapsed time.Duration) Result {
	r.ElapsedMS = elapsed.Milliseconds()
	r.PerSecond = r.Sent * 1000 / max(1, r.ElapsedMS)
	return r
}
