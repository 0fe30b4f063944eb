package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"recibo/payment"
)

// Reason says in which way a message is no event. The texts are those of the
// quarantine's reasons.
type Reason string

// The reasons, in the order in which they are judged.
const (
	TooLarge  Reason = "too_large" // longer than Options.MaxBytes; not parsed
	Malformed Reason = "malformed" // not one well-formed JSON object
	Invalid   Reason = "invalid"   // an object, but not a valid event
)

// Error says why a message is no event.
type Error struct {
	Reason Reason
	Detail string // one sentence for people; never holds values

	// Offset is where a malformed message breaks: the first byte that cannot
	// stand there, the quote that opens a repeated key, the backslash of a bad
	// escape, the length of a message that is cut short. It is -1 otherwise.
	Offset int

	Faults payment.Faults // of an invalid message: one for each bad field, values cut

	// Control is true of a control total, invalid or where an event was wanted.
	Control bool
	// What could be read of an invalid event, valid in itself, else zero.
	TransactionID string
	Amount        *payment.Money
	Source        string
	OccurredAt    time.Time
}

func (e *Error) Error() string { return string(e.Reason) + ": " + e.Detail }

func tooLarge(size, most int) *Error {
	return &Error{Reason: TooLarge, Offset: -1,
		Detail: fmt.Sprintf("%d bytes, at most %d are read", size, most)}
}

func malformed(offset int, problem string) *Error {
	return &Error{Reason: Malformed, Offset: offset,
		Detail: fmt.Sprintf("byte %d: %s", offset, problem)}
}

func invalid(faults payment.Faults, e *payment.Event) *Error {
	w := &Error{Reason: Invalid, Offset: -1, Faults: faults, Detail: fieldsAreInvalid(faults)}
	if !faults.Has(payment.FieldTransactionID) {
		w.TransactionID = strings.Clone(e.TransactionID)
	}
	if !faults.Has(payment.FieldAmount) && !faults.Has(payment.FieldCurrency) {
		w.Amount = &payment.Money{Minor: e.Amount.Minor,
			Currency: payment.Currency(strings.Clone(string(e.Amount.Currency)))}
	}
	if !faults.Has(payment.FieldSource) {
		w.Source = strings.Clone(e.Source)
	}
	if !faults.Has(payment.FieldOccurredAt) {
		w.OccurredAt = e.OccurredAt
	}
	return w
}

func invalidControl(faults payment.Faults) *Error {
	return &Error{Reason: Invalid, Offset: -1, Control: true, Faults: faults, Detail: "a control total: " + fieldsAreInvalid(faults)}
}

// notAnEvent refuses a control total where only events are read.
func notAnEvent() *Error {
	return &Error{Reason: Invalid, Offset: -1, Control: true, Detail: "a control total, not an event",
		Faults: payment.Faults{{Field: payment.FieldControlTotal, Code: payment.CodeUnknownField,
			Hint: "a message with this field is a control total: send an event without it"}}}
}

// maxNames bounds the names of a detail, in bytes: those of a control total's
// unknown fields are the sender's.
const maxNames = 150

func fieldsAreInvalid(faults payment.Faults) string {
	if len(faults) == 1 {
		return "1 field is invalid: " + faults[0].Field
	}
	b := make([]byte, 0, maxNames+64)
	b = strconv.AppendInt(b, int64(len(faults)), 10)
	b = append(b, " fields are invalid: "...)
	b = append(b, faults[0].Field...)
	for i := 1; i < len(faults); i++ {
		b = append(b, ", "...)
		if len(b)+len(faults[i].Field) > maxNames {
			b = append(b, "…"...)
			break
		}
		b = append(b, faults[i].Field...)
	}
	return string(b)
}
