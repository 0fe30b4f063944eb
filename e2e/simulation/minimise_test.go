package simulation_test

import "testing"

// minimise leaves out steps for as long as what is left still fails.
func minimise(t *testing.T, p plan) plan {
	for size := (len(p.Steps) + 1) / 2; size > 0; {
		smaller := false
		for from := 0; from < len(p.Steps); {
			shorter := plan{Seed: p.Seed}
			shorter.Steps = append(shorter.Steps, p.Steps[:from]...)
			shorter.Steps = append(shorter.Steps, p.Steps[min(from+size, len(p.Steps)):]...)
			if fails(t, shorter) {
				p, smaller = shorter, true
				continue
			}
			from += size
		}
		if !smaller {
			size /= 2
		}
	}
	return p
}

// tries is how often a plan is run until it is taken to pass: goroutines go on
// in an order that nobody draws.
const tries = 3

func fails(t *testing.T, p plan) bool {
	for range tries {
		if len(run(t, p)) > 0 {
			return true
		}
	}
	return false
}
