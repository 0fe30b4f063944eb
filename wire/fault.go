package wire

import (
	"cmp"
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
	merged := slices.Clone(own)
	for _, f := range rest {
		if !merged.Has(f.Field) {
			merged = append(merged, f)
		}
	}
	slices.SortFunc(merged, func(a, b payment.Fault) int {
		return cmp.Compare(slices.Index(fieldNames[:], a.Field), slices.Index(fieldNames[:], b.Field))
	})
	for i := range merged {
		merged[i].Value = bounded(merged[i].Value)
	}
	return merged
}

// bounded returns a copy of a value, so that a fault never holds on to a whole
// message, cut between characters.
func bounded(s string) string {
	if len(s) <= maxValue {
		return strings.Clone(s)
	}
	cut := maxValue - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}
