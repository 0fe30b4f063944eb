package wire

import (
	"time"

	"recibo/payment"
)

// DefaultMaxBytes is how long a message may be when Options do not say.
const DefaultMaxBytes = 64 << 10

// mostMaxBytes keeps every position within an int32.
const mostMaxBytes = 1 << 30

// Options say what Decode accepts.
type Options struct {
	MaxBytes int            // longest message in bytes; 0: DefaultMaxBytes; at most 1 GiB
	Timezone *time.Location // assumed for times without an offset; nil: they are invalid
}

func (o Options) maxBytes() int {
	if o.MaxBytes <= 0 {
		return DefaultMaxBytes
	}
	return min(o.MaxBytes, mostMaxBytes)
}

// Message is one message of either kind.
type Message struct {
	Event   payment.Event         // when Control is nil
	Control *payment.ControlTotal // of a message that has the member recibo_control_total
}

// Read reads one message, whole and strictly, in time and memory that grow with
// its length only. The event passes payment.Validate, the control total
// payment.ValidateControl; neither shares memory with body. The error is always
// an *Error; its reasons are judged in the order too large, malformed, invalid.
//
// Fields of an event that Recibo does not know are kept in its Extra as one
// compact JSON object, in the order and the spelling of the message. A control
// total has no fields beside its own, and no use for Options.Timezone.
func Read(body []byte, o Options) (m Message, err error) {
	if most := o.maxBytes(); len(body) > most {
		return m, tooLarge(len(body), most)
	}
	s := scanner{body: body}
	if !s.message() {
		return m, malformed(s.at, s.problem)
	}
	if s.control {
		m.Control, err = readControl(body)
		return m, err
	}
	m.Event, err = s.event(o.Timezone)
	return m, err
}

// Decode reads one event, as Read does. A control total is invalid here.
func Decode(body []byte, o Options) (payment.Event, error) {
	m, err := Read(body, o)
	if e, ok := err.(*Error); m.Control != nil || (ok && e.Control) {
		return payment.Event{}, notAnEvent()
	}
	return m.Event, err
}
