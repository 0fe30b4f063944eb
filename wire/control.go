package wire

import (
	"encoding/hex"
	"strconv"
	"strings"
	"time"

	"recibo/payment"
)

// controlVersion is the only version of a control total there is.
const controlVersion = "1"

// control reads the control total of a message that scanner.message has passed.
type control struct {
	body    []byte
	fields  [controlFieldCount]value
	unknown []string // names of other members, cut, no more of them than faults are told
	total   payment.ControlTotal
	faults  payment.Faults
}

func readControl(body []byte) (*payment.ControlTotal, error) {
	c := control{body: body}
	c.find()
	if v := &c.fields[controlTotal]; v.kind == number && string(v.in(body)) != controlVersion {
		// Nobody knows what the other fields of that version are.
		return nil, invalidControl(payment.Faults{{Field: payment.FieldControlTotal, Code: payment.CodeUnknownVersion,
			Value: cut(string(v.in(body))), Hint: "write the number 1"}})
	}
	c.read()
	c.validate()
	if c.faults != nil {
		return nil, invalidControl(c.faults)
	}
	return &c.total, nil
}

// find notes where each field stands.
func (c *control) find() {
	walk(c.body, 0, func(name []byte, v value) {
		if f := controlFieldOf(name); f != controlFieldCount {
			c.fields[f] = v
		} else if len(c.unknown) < maxFaults {
			c.unknown = append(c.unknown, cut(string(name)))
		}
	})
}

// read reads every field.
func (c *control) read() {
	t := &c.total
	c.readable(controlTotal)
	if c.readable(controlSource) {
		t.Source = c.text(controlSource)
		if v := &c.fields[controlSource]; v.kind == text && t.Source == "" {
			c.fault(controlSource, payment.CodeEmpty, "leave the field out, or give 1 to 64 printable characters")
		}
	}
	if c.readable(controlProducer) {
		t.Producer = c.text(controlProducer)
	}
	t.From, t.Until = c.time(controlFrom), c.time(controlUntil)
	t.Count = -1 // of an unreadable count nothing follows for the sums
	if c.readable(controlCount) {
		t.Count = c.count()
	}
	if c.readable(controlAmounts) {
		c.amounts()
	}
	if c.readable(controlPrints) {
		c.prints()
	}
}

// readable reports whether a field holds what can be read, and notes the fault
// if not.
func (c *control) readable(f controlField) bool {
	v := &c.fields[f]
	switch {
	case v.kind == absent && f == controlSource:
		return true
	case v.kind == absent:
		c.fault(f, payment.CodeMissing, "add the field: a control total is nothing without it")
	case v.kind == null && f == controlSource:
		c.fault(f, payment.CodeNull, "leave the field out, or give a value")
	case v.kind == null:
		c.fault(f, payment.CodeNull, "give a value")
	case !f.wants(v, c.body):
		c.fault(f, payment.CodeWrongType, f.typeHint())
		c.faults[len(c.faults)-1].Value = cut(string(c.body[v.start:min(v.end, v.start+maxValue+1)]))
	default:
		return true
	}
	return false
}

func (c *control) fault(f controlField, code payment.Code, hint string) {
	c.add(&payment.Fault{Field: controlNames[f], Code: code, Hint: hint})
}

// add notes a fault, nil being none. Its texts are no part of the message.
func (c *control) add(f *payment.Fault) {
	if f == nil || len(c.faults) == maxFaults {
		return
	}
	if c.faults == nil {
		c.faults = make(payment.Faults, 0, maxFaults)
	}
	f.Value = cut(f.Value)
	c.faults = append(c.faults, *f)
}

func (c *control) text(f controlField) string { return c.fields[f].textIn(c.body) }

func (c *control) time(f controlField) time.Time {
	if !c.readable(f) {
		return time.Time{}
	}
	t, _, fault := payment.ParseTime(c.text(f), nil)
	if fault != nil {
		fault.Field = controlNames[f]
	}
	c.add(fault)
	return t
}

func (c *control) count() int64 {
	digits := string(c.fields[controlCount].in(c.body))
	code, hint := payment.Code(""), ""
	switch {
	case digits[0] == '-':
		code, hint = payment.CodeSign, "count 0 payments or more"
	case strings.ContainsAny(digits, "eE"):
		code, hint = payment.CodeExponent, "write all the digits: 1500"
	case strings.Contains(digits, "."):
		code, hint = payment.CodeTooManyDecimals, "a count has no decimals: 1500"
	default:
		n, err := strconv.ParseInt(digits[:min(len(digits), 19)], 10, 64)
		if err == nil && n <= payment.MaxControlCount {
			return n
		}
		code, hint = payment.CodeOutOfRange, "count at most 1000000000000000 payments"
	}
	c.add(&payment.Fault{Field: payment.FieldCount, Code: code, Value: digits, Hint: hint})
	return -1
}

// amounts reads the sum of each currency.
func (c *control) amounts() {
	walk(c.body, int(c.fields[controlAmounts].start), func(name []byte, v value) {
		if len(c.faults) == maxFaults {
			return
		}
		currency := payment.Currency(cut(string(name)))
		if v.kind != text {
			c.add(&payment.Fault{Field: amountField(currency), Code: payment.CodeWrongType,
				Value: string(c.body[v.start:min(v.end, v.start+maxValue+1)]), Hint: `write the sum as a text: "150.75"`})
			return
		}
		total, fault := payment.ParseControlAmount(v.textIn(c.body), currency)
		if fault != nil {
			fault.Field = amountField(currency)
			c.add(fault)
			return
		}
		if c.total.Amounts == nil {
			c.total.Amounts = map[payment.Currency]payment.Total{}
		}
		c.total.Amounts[currency] = total
	})
}

const hintPrints = "write 64 hexadecimal digits in lower case"

func (c *control) prints() {
	digits := c.text(controlPrints)
	if digits == "" {
		c.fault(controlPrints, payment.CodeEmpty, hintPrints)
		return
	}
	// What is not 64 such digits is not what its value is written as.
	_, _ = hex.Decode(c.total.Prints[:], []byte(digits[:min(len(digits), 2*len(c.total.Prints))]))
	if c.total.Prints.String() != digits {
		c.add(&payment.Fault{Field: payment.FieldFingerprintSum, Code: payment.CodeBadCharacter, Value: digits, Hint: hintPrints})
	}
}

// validate adds what is wrong with fields that could be read, and the members
// that are not known, and puts all into order.
func (c *control) validate() {
	own := c.faults
	for _, f := range payment.ValidateControl(&c.total) {
		if !own.Has(f.Field) && (f.Field != payment.FieldAmounts || !hasAmount(own)) {
			c.add(&f)
		}
	}
	sortControlFaults(c.faults)
	for _, name := range c.unknown {
		c.add(&payment.Fault{Field: safeName(name), Code: payment.CodeUnknownField, Value: name,
			Hint: "leave it out: a control total has no other fields"})
	}
}
