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

// Read reads one message of either kind, as strictly as Decode. What is wrong
// with a control total is told as what is wrong with an event; its window and
// sums pass payment.ValidateControl. Options.Timezone is for events alone.
func Read(body []byte, o Options) (Message, error) {
	s := scanner{body: body}
	if err := s.read(o); err != nil {
		return Message{}, err
	}
	if s.control {
		c, err := readControl(body)
		return Message{Control: c}, err
	}
	e, err := s.event(o.Timezone)
	return Message{Event: e}, err
}

// Decode reads one event, whole and strictly, in time and memory that grow with
// its length only. The event passes payment.Validate and shares no memory with
// body. The error is always an *Error; its reasons are judged in the order too
// large, malformed, invalid. A control total is invalid here: see Read.
//
// Fields that Recibo does not know are kept in the event's Extra as one compact
// JSON object, in the order and the spelling of the message.
func Decode(body []byte, o Options) (payment.Event, error) {
	s := scanner{body: body}
	if err := s.read(o); err != nil {
		return payment.Event{}, err
	}
	if s.control {
		return payment.Event{}, notAnEvent()
	}
	return s.event(o.Timezone)
}

// read judges size and syntax.
func (s *scanner) read(o Options) error {
	if most := o.maxBytes(); len(s.body) > most {
		return tooLarge(len(s.body), most)
	}
	if !s.message() {
		return malformed(s.at, s.problem)
	}
	return nil
}
