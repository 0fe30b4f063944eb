package simulator_test

import (
	"testing"

	"recibo/simulator"
)

// FuzzParseFaults: what is read passes Validate, and comes back the same from
// its text.
func FuzzParseFaults(f *testing.F) {
	for _, text := range []string{"none", "", "duplicate=1%", simulator.DefaultFaults.String(), "reorder=100%", "reorder=1", "invalid=0.000001",
		"duplicate=50%,conflict=50%,malformed=1%", "too_large=0.0001%", "a=1", "duplicate=1%,duplicate=1%", "duplicate=-1%", " conflict = 1% ", "conflict=00.1"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		faults, err := simulator.ParseFaults(text)
		if err != nil {
			return
		}
		if err := faults.Validate(); err != nil {
			t.Fatalf("%q is read as what is not valid: %v", text, err)
		}
		if again, err := simulator.ParseFaults(faults.String()); err != nil || again != faults {
			t.Fatalf("%q is %s, which is read as %s, %v", text, faults, again, err)
		}
	})
}
