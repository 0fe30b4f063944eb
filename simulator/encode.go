package simulator

import (
	"strconv"

	"recibo/payment"
)

// override is JSON text to be written for a field whatever the event says;
// without text the field is left out.
type override struct {
	field field
	token string
}

// encode writes the event as the dialect has it. A serial other than zero is
// written as one more field, so that the body is like no other.
func (d *dialect) encode(r random, e *payment.Event, serial uint64, overrides ...override) []byte {
	b := append(make([]byte, 0, 384), '{')
	for _, f := range d.order {
		start := len(b)
		if start > 1 {
			b = append(b, ',')
			b = append(b, d.gap...)
		}
		b = append(b, d.names[f]...)
		value := len(b)
		if token, found := overridden(f, overrides); found {
			b = append(b, token...)
		} else {
			b = d.appendField(b, r, e, f)
		}
		if len(b) == value { // the field is left out
			b = b[:start]
		}
	}
	if serial != 0 {
		b = append(b, `,"request_id":"`...)
		b = strconv.AppendUint(b, serial, 10)
		b = append(b, '"')
	}
	if d.extra != nil {
		b = d.extra(b, r)
	}
	return append(b, '}')
}

func overridden(f field, overrides []override) (string, bool) {
	for _, o := range overrides {
		if o.field == f {
			return o.token, true
		}
	}
	return "", false
}

// appendField writes a value. Those of the simulator need no escapes.
func (d *dialect) appendField(b []byte, r random, e *payment.Event, f field) []byte {
	switch f {
	case fieldID:
		return appendQuoted(b, e.TransactionID)
	case fieldAmount:
		return d.appendAmount(b, e.Amount)
	case fieldCurrency:
		if d.omitReal && e.Amount.Currency == payment.DefaultCurrency {
			return b
		}
		return appendQuoted(b, string(e.Amount.Currency))
	case fieldPayer:
		return appendQuoted(b, e.PayerAccount)
	case fieldPayee:
		return appendQuoted(b, e.PayeeAccount)
	case fieldTime:
		return d.appendTime(b, r, e)
	case fieldMethod:
		return appendQuoted(b, e.Method)
	default:
		return appendQuoted(b, e.Source)
	}
}

func appendQuoted(b []byte, s string) []byte {
	b = append(b, '"')
	b = append(b, s...)
	return append(b, '"')
}

func (d *dialect) appendAmount(b []byte, m payment.Money) []byte {
	if !d.number {
		b = append(b, '"')
		return append(m.AppendDecimal(b), '"')
	}
	b = m.AppendDecimal(b)
	if decimals, _ := m.Currency.Decimals(); decimals == 0 {
		return b
	}
	for b[len(b)-1] == '0' {
		b = b[:len(b)-1]
	}
	if b[len(b)-1] == '.' {
		b = b[:len(b)-1]
	}
	return b
}

func (d *dialect) appendTime(b []byte, r random, e *payment.Event) []byte {
	at, offset := e.OccurredAt, "Z"
	if !d.utc {
		at, offset = at.In(saoPaulo), "-03:00"
	}
	b = append(b, '"')
	b = at.AppendFormat(b, "2006-01-02T15:04:05.000")
	if d.micros {
		b = appendDigits(b, r.bits(), 3)
	}
	b = append(b, offset...)
	return append(b, '"')
}
