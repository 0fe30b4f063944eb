package wire

import (
	"slices"
	"strings"
	"unicode/utf8"

	"recibo/payment"
)

// maxValue bounds a fault's value, in bytes.
const maxValue = 256

// unreadable returns the faults of fields that hold nothing to judge: missing,
// null, of the wrong type, and the one empty text that Validate lets pass.
func (s *scanner) unreadable() (faults payment.Faults) {
	for f := range fieldCount {
		v := &s.fields[f]
		fault := payment.Fault{Field: fieldNames[f]}
		switch {
		case v.kind == absent && !f.optional():
			fault.Code, fault.Hint = payment.CodeMissing, "add the field: an event is nothing without it"
		case v.kind == null:
			fault.Code, fault.Hint = payment.CodeNull, nullHint(f)
		case v.kind == absent || s.readable(f):
			if f != source || v.kind != text || v.start < v.end {
				continue
			}
			fault.Code, fault.Hint = payment.CodeEmpty, "leave the field out, or give 1 to 64 printable characters"
		default:
			fault.Code, fault.Hint = payment.CodeWrongType, "write a text in quotes"
			fault.Value = string(s.body[v.start:min(v.end, v.start+maxValue+1)])
		}
		if faults == nil {
			faults = make(payment.Faults, 0, 4) // more are rare
		}
		faults = append(faults, fault)
	}
	return faults
}

func nullHint(f field) string {
	if f.optional() {
		return "leave the field out, or give a value"
	}
	return "give a value"
}

// mergeFaults puts both lists into the order of the fields, at most one fault
// for each: of a field that could not be read, what Validate says means nothing.
func mergeFaults(own, rest payment.Faults) payment.Faults {
	var byField [fieldCount]*payment.Fault
	count := 0
	for _, faults := range []payment.Faults{own, rest} {
		for i := range faults {
			if f := slices.Index(fieldNames[:], faults[i].Field); byField[f] == nil {
				byField[f] = &faults[i]
				count++
			}
		}
	}
	merged := make(payment.Faults, 0, count)
	for _, f := range byField {
		if f != nil {
			merged = append(merged, *f)
			merged[len(merged)-1].Value = bounded(f.Value)
		}
	}
	return merged
}

// bounded returns a copy of a value, so that a fault never holds on to a whole
// message, cut between characters.
func bounded(s string) string {
	return strings.Clone(cut(s))
}

// cut returns the value itself when it is short enough.
func cut(s string) string {
	if len(s) <= maxValue {
		return s
	}
	end := maxValue - len("…")
	for !utf8.RuneStart(s[end]) {
		end--
	}
	return s[:end] + "…"
}
