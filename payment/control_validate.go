package payment

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Names of a control total's own fields, beside source, amounts and the like.
const (
	FieldControlTotal = "recibo_control_total" // the version; its presence makes the message
	FieldProducer     = "producer"
	FieldFrom         = "from"
	FieldUntil        = "until"
)

const (
	// MaxWindow is the longest window of a control total.
	MaxWindow = 366 * 24 * time.Hour
	// MaxControlCount is how many payments a control total may count.
	MaxControlCount int64 = 1e15
)

// ValidateControl returns everything that is wrong with a control total, nil
// when nothing is, in the order of the fields of its message.
func ValidateControl(c *ControlTotal) Faults {
	var fs Faults
	add := func(f *Fault) {
		if f != nil {
			fs = append(fs, *f)
		}
	}
	if c.Source != "" {
		add(checkText(FieldSource, c.Source, maxSource))
	}
	add(checkText(FieldProducer, c.Producer, maxSource))
	from, until := checkTime(c.From).of(FieldFrom), checkTime(c.Until).of(FieldUntil)
	if from == nil && until == nil {
		until = checkWindow(&c.Window)
	}
	add(from)
	add(until)
	if c.Count < 0 || c.Count > MaxControlCount {
		add(&Fault{Field: FieldCount, Code: CodeOutOfRange, Value: strconv.FormatInt(c.Count, 10),
			Hint: "count 0 to 1000000000000000 payments"})
	} else {
		add(checkEmptiness(c))
	}
	for _, currency := range slices.Sorted(maps.Keys(c.Amounts)) {
		add(checkControlAmount(c.Amounts[currency], currency))
	}
	if c.Count == 0 && c.Prints != (PrintSum{}) {
		add(&Fault{Field: FieldFingerprintSum, Code: CodeNotZero, Value: c.Prints.String(),
			Hint: "the sum of no fingerprints is 64 zeros"})
	}
	return fs
}

// of returns the same fault of another field.
func (f *Fault) of(field string) *Fault {
	if f != nil {
		f.Field = field
	}
	return f
}

func checkWindow(w *Window) *Fault {
	length := w.Until.Sub(w.From)
	switch {
	case length <= 0:
		return &Fault{Field: FieldUntil, Code: CodeOutOfRange, Value: w.Until.Format(TimeLayout),
			Hint: "a window ends after it begins"}
	case length > MaxWindow:
		return &Fault{Field: FieldUntil, Code: CodeOutOfRange, Value: w.Until.Format(TimeLayout),
			Hint: "a window lasts at most 366 days"}
	}
	return nil
}

// checkEmptiness demands amounts if and only if there are payments.
func checkEmptiness(c *ControlTotal) *Fault {
	switch {
	case c.Count > 0 && len(c.Amounts) == 0:
		return &Fault{Field: FieldAmounts, Code: CodeEmpty, Hint: "give the sum of each currency that occurred"}
	case c.Count == 0 && len(c.Amounts) > 0:
		return &Fault{Field: FieldAmounts, Code: CodeNotZero, Hint: "a window without payments has no amounts: {}"}
	}
	return nil
}

func checkControlAmount(t Total, c Currency) *Fault {
	field := FieldAmounts + "." + string(c)
	switch f := checkCurrency(c); {
	case f != nil:
		return f.of(field)
	case t == Total{}:
		return &Fault{Field: field, Code: CodeZero, Value: t.Decimal(c), Hint: hintNoZero}
	case t.hi>>63 != 0:
		return &Fault{Field: field, Code: CodeOutOfRange, Value: t.Decimal(c), Hint: hintTotalRange}
	}
	return nil
}

const (
	hintNoZero     = "leave out a currency that did not occur"
	hintTotalRange = "a sum stays below 2^127 of the currency's minor unit"
)

// maxTotalDigits is how many digits 2^127 has: longer texts are not even read.
const maxTotalDigits = 39

// ParseControlAmount reads the sum of one currency as a control total writes
// it: (0|[1-9]\d*) and exactly the currency's decimals, more than zero, below
// 2^127 minor units. The fault names the field amounts.
func ParseControlAmount(text string, c Currency) (Total, *Fault) {
	fault := func(code Code, hint string) (Total, *Fault) {
		return Total{}, &Fault{Field: FieldAmounts, Code: code, Value: text, Hint: hint}
	}
	decimals, known := c.Decimals()
	if !known {
		return Total{}, checkCurrency(c).of(FieldAmounts)
	}
	whole, fraction, pointed := strings.Cut(text, ".")
	switch {
	case !isDigits(whole) || (pointed && !isDigits(fraction)):
		return Total{}, amountSigns(text).of(FieldAmounts)
	case len(whole) > 1 && whole[0] == '0':
		return fault(CodeLeadingZero, "write the sum without leading zeros: 150.75")
	case len(fraction) > decimals:
		return fault(CodeTooManyDecimals, fmt.Sprintf("%s has %d decimals", c, decimals))
	case len(fraction) < decimals:
		return fault(CodeTooFewDecimals, fmt.Sprintf("write all %d decimals of %s", decimals, c))
	case len(whole)+len(fraction) > maxTotalDigits:
		return fault(CodeOutOfRange, hintTotalRange)
	}
	t, err := ParseTotal(text, c)
	if err != nil {
		return fault(CodeOutOfRange, hintTotalRange)
	}
	if t == (Total{}) {
		return fault(CodeZero, hintNoZero)
	}
	return t, nil
}
