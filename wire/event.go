package wire

import (
	"strings"
	"time"

	"recibo/payment"
)

// zoneKey is the extra field that marks a time whose zone was assumed.
const zoneKey = "occurred_at_timezone_assumed"

// event makes the event of a well-formed message, or says all that is wrong.
func (s *scanner) event(zone *time.Location) (payment.Event, error) {
	texts := s.texts()
	own := s.unreadable()
	e := payment.Event{
		TransactionID: texts[transactionID],
		PayerAccount:  texts[payerAccount], PayeeAccount: texts[payeeAccount],
		Method: texts[method], Source: texts[source],
	}
	if s.fields[method].kind == absent {
		e.Method = payment.DefaultMethod
	}
	own = append(own, s.money(&e, texts)...)
	assumed, fault := s.time(&e, texts[occurredAt], zone)
	if fault != nil {
		own = append(own, *fault)
	}
	if rest := payment.Validate(&e); own != nil || rest != nil {
		return payment.Event{}, invalid(mergeFaults(own, rest), &e)
	}
	e.Extra = s.extraObject(zone, assumed)
	return e, nil
}

// texts returns the fields' texts, of an amount that is a number its digits.
// They share one allocation. Fields that are something else have none.
func (s *scanner) texts() (texts [fieldCount]string) {
	size := 0
	for f := range fieldCount {
		if s.readable(f) {
			size += int(s.fields[f].end - s.fields[f].start)
		}
	}
	var b strings.Builder
	b.Grow(size) // unescaping never makes a text longer
	var ends [fieldCount]int
	for f := range fieldCount {
		if s.readable(f) {
			b.Write(s.unescaped(&s.fields[f]))
		}
		ends[f] = b.Len()
	}
	all, start := b.String(), 0
	for f, end := range ends {
		texts[f] = all[start:end]
		start = end
	}
	return texts
}

func (s *scanner) readable(f field) bool {
	k := s.fields[f].kind
	return k == text || (k == number && f == amount)
}

func (s *scanner) unescaped(v *value) []byte {
	raw := s.body[v.start:v.end]
	if v.kind != text || !v.escaped {
		return raw
	}
	from := len(s.arena)
	s.arena = unescape(s.arena, raw)
	return s.arena[from:]
}

// money reads amount and currency together: the one is judged by the other.
func (s *scanner) money(e *payment.Event, texts [fieldCount]string) (faults payment.Faults) {
	c := payment.Currency(texts[currency])
	if s.fields[currency].kind == absent {
		c = payment.DefaultCurrency
	}
	if s.readable(amount) {
		m, fault := payment.ParseMoney(texts[amount], c)
		if fault != nil {
			faults = append(faults, *fault)
		}
		e.Amount = m
	}
	e.Amount.Currency = c
	return faults
}

func (s *scanner) time(e *payment.Event, text string, zone *time.Location) (assumed bool, fault *payment.Fault) {
	if !s.readable(occurredAt) {
		return false, nil
	}
	e.OccurredAt, assumed, fault = payment.ParseTime(text, zone)
	return assumed, fault
}

// extraObject returns the unknown fields as one object of its own memory.
func (s *scanner) extraObject(zone *time.Location, assumed bool) []byte {
	if assumed && !s.zoneNamed {
		s.extra = append(s.extra, `,"`+zoneKey+`":`...)
		s.extra = appendText(s.extra, zone.String())
	}
	if len(s.extra) == 0 {
		return nil
	}
	object := make([]byte, 0, len(s.extra)+1)
	object = append(object, s.extra...)
	object[0] = '{' // where the first comma stood
	return append(object, '}')
}
