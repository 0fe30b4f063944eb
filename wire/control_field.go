package wire

import (
	"cmp"
	"slices"
	"strings"

	"recibo/payment"
)

// controlField is a field of a control total, in the order in which faults are
// told.
type controlField uint8

const (
	controlTotal controlField = iota
	controlSource
	controlProducer
	controlFrom
	controlUntil
	controlCount
	controlAmounts
	controlPrints
	controlFieldCount
)

var controlNames = [controlFieldCount]string{
	payment.FieldControlTotal, payment.FieldSource, payment.FieldProducer, payment.FieldFrom, payment.FieldUntil,
	payment.FieldCount, payment.FieldAmounts, payment.FieldFingerprintSum,
}

// controlFieldOf knows each field by its one name.
func controlFieldOf(name []byte) controlField {
	switch string(name) {
	case payment.FieldControlTotal:
		return controlTotal
	case payment.FieldSource:
		return controlSource
	case payment.FieldProducer:
		return controlProducer
	case payment.FieldFrom:
		return controlFrom
	case payment.FieldUntil:
		return controlUntil
	case payment.FieldCount:
		return controlCount
	case payment.FieldAmounts:
		return controlAmounts
	case payment.FieldFingerprintSum:
		return controlPrints
	}
	return controlFieldCount
}

// wants reports whether a value has the JSON type of the field.
func (f controlField) wants(v *value, body []byte) bool {
	switch f {
	case controlTotal, controlCount:
		return v.kind == number
	case controlAmounts:
		return v.kind == other && body[v.start] == '{'
	}
	return v.kind == text
}

func (f controlField) typeHint() string {
	switch f {
	case controlTotal:
		return "write the number 1"
	case controlCount:
		return "write a number without quotes"
	case controlAmounts:
		return `write an object: {"BRL":"150.75"}`
	}
	return "write a text in quotes"
}

// maxFaults is how many faults of one control total are told, so that a message
// of nothing but faults stays cheap.
const maxFaults = 16

// sortControlFaults puts faults into the order of the fields; those of amounts
// stay as they are among themselves.
func sortControlFaults(faults payment.Faults) {
	rank := func(f payment.Fault) int {
		name, _, _ := strings.Cut(f.Field, ".")
		return slices.Index(controlNames[:], name)
	}
	slices.SortStableFunc(faults, func(a, b payment.Fault) int { return cmp.Compare(rank(a), rank(b)) })
}

// hasAmount reports whether the sum of some currency could not be read.
func hasAmount(faults payment.Faults) bool {
	return slices.ContainsFunc(faults, func(f payment.Fault) bool {
		return strings.HasPrefix(f.Field, payment.FieldAmounts+".")
	})
}

func amountField(c payment.Currency) string { return payment.FieldAmounts + "." + safeName(string(c)) }

// safeName returns a name that the sender made up as it can stand in an error's
// text, which is logged: unchanged if it looks like a name, else "unknown".
func safeName(name string) string {
	for i, r := range name {
		letter := 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || r == '_'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return "unknown"
		}
	}
	if name == "" || len(name) > 32 {
		return "unknown"
	}
	return name
}
