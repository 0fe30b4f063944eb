package quarantine_test

import (
	"strings"
	"testing"

	"recibo/quarantine"
)

func TestParseRedriveReadsTheFirstAttempt(t *testing.T) {
	id := strings.Repeat("f9", 16)
	if entry, attempt, ok := quarantine.ParseRedrive(id + "/1"); entry != id || attempt != 1 || !ok {
		t.Errorf("%q, %d, %v", entry, attempt, ok)
	}
}

// TestMoveKeepsTheReason: only an entry that comes back from a redrive gets
// another reason; one that is settled or mended keeps what it was held for.
func TestMoveKeepsTheReason(t *testing.T) {
	for _, step := range []quarantine.Transition{
		{From: "redriven", To: "resolved", By: "recorder", Reason: "conflict"},
		{From: "held", To: "discarded", By: "operator", Reason: "conflict"},
		{From: "discarded", To: "held", By: "recorder", Reason: "conflict"},
		{From: "redriven", To: "held", By: "recorder"},
	} {
		s := quarantine.Standing{State: step.From, Reason: "invalid"}
		line, ok := s.Move(&step)
		if !ok || s.Reason != "invalid" || line.Reason != "invalid" || s.Replaced != nil {
			t.Errorf("%s to %s: moved %t, stands as %+v", step.From, step.To, ok, s)
		}
	}
}
