package quarantine_test

import (
	"testing"

	"recibo/quarantine"
)

// TestLegal walks every step of every role: what is not in this table, the one
// of the design, nobody may do.
func TestLegal(t *testing.T) {
	type step struct {
		from, to quarantine.State
		by       quarantine.Role
	}
	legal := map[step]bool{
		{"held", "redriven", "operator"}:     true,
		{"held", "discarded", "operator"}:    true,
		{"redriven", "resolved", "recorder"}: true,
		{"redriven", "held", "recorder"}:     true,
		{"redriven", "held", "redrive"}:      true,
		{"discarded", "held", "recorder"}:    true,
		{"resolved", "held", "recorder"}:     true,
	}
	states := []quarantine.State{"held", "redriven", "resolved", "discarded", "", "HELD", "gone"}
	roles := []quarantine.Role{"operator", "recorder", "redrive", "", "root"}
	for _, from := range states {
		for _, to := range states {
			for _, by := range roles {
				s := step{from, to, by}
				if got := quarantine.Legal(from, to, by); got != legal[s] {
					t.Errorf("%+v is legal: %t, want %t", s, got, legal[s])
				}
			}
		}
	}
}

// TestListsAreWhole: filters, metrics and completion walk these lists, and what
// they hold is stored.
func TestListsAreWhole(t *testing.T) {
	states := [...]quarantine.State{"held", "redriven", "resolved", "discarded"}
	if got := [len(states)]quarantine.State(quarantine.States); len(quarantine.States) != len(states) || got != states {
		t.Errorf("states %v", quarantine.States)
	}
	reasons := [...]quarantine.Reason{"too_large", "malformed", "invalid", "conflict", "rejected"}
	if got := [len(reasons)]quarantine.Reason(quarantine.Reasons); len(quarantine.Reasons) != len(reasons) || got != reasons {
		t.Errorf("reasons %v", quarantine.Reasons)
	}
}
