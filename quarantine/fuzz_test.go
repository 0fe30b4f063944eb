package quarantine_test

import (
	"strings"
	"testing"

	"recibo/quarantine"
)

// FuzzParseRedrive: a value is read if and only if it is what FormatRedrive
// writes of the parts.
func FuzzParseRedrive(f *testing.F) {
	id := strings.Repeat("0a", 16)
	for _, value := range []string{id + "/1", id + "/2147483647", id + "/9223372036854775807", id + "/9223372036854775808",
		id + "/0", id + "/01", id + "/+1", id + "/1_0", id + "/0x1", id + "/1/1", id + "/ 1", strings.ToUpper(id) + "/1", "/1", id, ""} {
		f.Add(value)
	}
	f.Fuzz(func(t *testing.T, value string) {
		entry, attempt, ok := quarantine.ParseRedrive(value)
		switch {
		case !ok && (entry != "" || attempt != 0):
			t.Errorf("%q is refused, but read as %q, %d", value, entry, attempt)
		case ok && (quarantine.FormatRedrive(entry, attempt) != value || len(entry) != 32 || attempt < 1):
			t.Errorf("%q is read as %q, %d", value, entry, attempt)
		}
	})
}
