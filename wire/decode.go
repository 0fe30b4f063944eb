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

// Decode reads one message, whole and strictly, in time and memory that grow
// with its length only. The event passes payment.Validate and shares no memory
// with body. The error is always an *Error; its reasons are judged in the order
// too large, malformed, invalid.
//
// Fields that Recibo does not know are kept in the event's Extra as one compact
// JSON object, in the order and the spelling of the message.
func Decode(body []byte, o Options) (payment.Event, error) {
	if most := o.maxBytes(); len(body) > most {
		return payment.Event{}, tooLarge(len(body), most)
	}
	s := scanner{body: body}
	if !s.message() {
		return payment.Event{}, malformed(s.at, s.problem)
	}
	return s.event(o.Timezone)
}
