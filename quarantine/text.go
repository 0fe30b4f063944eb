package quarantine

import (
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	maxDetail      = 1024 // bytes
	maxFieldErrors = 32
	maxValue       = 256 // bytes
	maxHeaders     = 64
	maxHeaderValue = 1024 // bytes
)

// Text returns s as every store takes it: valid UTF-8, no NUL, at most most
// bytes, cut between characters.
func Text(s string, most int) string {
	s = strings.ToValidUTF8(s, "\uFFFD")
	s = strings.ReplaceAll(s, "\x00", "\uFFFD")
	if len(s) <= most {
		return s
	}
	cut := most - len("…")
	for !utf8.RuneStart(s[cut]) {
		cut--
	}
	return s[:cut] + "…"
}

// Headers returns a bounded copy of a message's headers with clean text; of
// too many the first in the order of their names are kept.
func Headers(h map[string]string) map[string]string {
	if len(h) == 0 {
		return nil
	}
	names := slices.Sorted(maps.Keys(h))
	kept := make(map[string]string, min(len(names), maxHeaders))
	for _, name := range names[:min(len(names), maxHeaders)] {
		kept[Text(name, maxValue)] = Text(h[name], maxHeaderValue)
	}
	return kept
}

func cleanFields(fields []FieldError) []FieldError {
	kept := slices.Clone(fields[:min(len(fields), maxFieldErrors)])
	for i := range kept {
		f := &kept[i]
		f.Field, f.Code = Text(f.Field, maxValue), Text(f.Code, maxValue)
		f.Value, f.Recorded, f.Hint = Text(f.Value, maxValue), Text(f.Recorded, maxValue), Text(f.Hint, maxValue)
	}
	return kept
}
