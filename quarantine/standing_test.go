package quarantine_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/quarantine"
)

var at = time.Date(2026, 11, 24, 9, 0, 0, 0, time.UTC)

// TestMove takes an entry through redrives: each step begins where the one
// before it ended, and its line says what stands after it.
func TestMove(t *testing.T) {
	s := quarantine.Standing{ID: "e", State: "held", Reason: "invalid"}
	for _, c := range []struct {
		step    quarantine.Transition
		attempt int
		reason  quarantine.Reason
	}{
		{quarantine.Transition{EntryID: "e", From: "held", To: "redriven", By: "operator", Reason: "ignored"}, 1, "invalid"},
		{quarantine.Transition{EntryID: "e", From: "redriven", To: "held", By: "redrive", Attempt: 1}, 1, "invalid"},
		{quarantine.Transition{EntryID: "e", From: "held", To: "redriven", By: "operator", Attempt: 1}, 2, "invalid"},
		{quarantine.Transition{EntryID: "e", From: "redriven", To: "held", By: "recorder", Attempt: 2, Reason: "conflict", Detail: "d"}, 2, "conflict"},
		{quarantine.Transition{EntryID: "e", From: "held", To: "discarded", By: "operator", Attempt: 2}, 2, "conflict"},
	} {
		c.step.Actor, c.step.Note, c.step.At = "ana", "why", at
		got, ok := s.Move(&c.step)
		want := quarantine.HistoryLine{EntryID: "e", From: c.step.From, To: c.step.To, Attempt: c.attempt, Reason: c.reason,
			Actor: "ana", Note: "why", At: at}
		if diff := cmp.Diff(want, got); diff != "" || !ok {
			t.Errorf("%s to %s: moved %t, -want +got:\n%s", c.step.From, c.step.To, ok, diff)
		}
	}
	if s.State != "discarded" || s.Attempt != 2 || s.Reason != "conflict" || s.Replaced == nil || s.Replaced.Detail != "d" {
		t.Errorf("it stands as %+v", s)
	}
}

// TestMoveRefuses: what may not move stays as it is.
func TestMoveRefuses(t *testing.T) {
	for _, c := range []struct {
		name string
		step quarantine.Transition
	}{
		{"another state", quarantine.Transition{From: "held", To: "discarded", By: "operator", Attempt: 1}},
		{"an earlier attempt", quarantine.Transition{From: "redriven", To: "resolved", By: "recorder"}},
		{"not this role's", quarantine.Transition{From: "redriven", To: "resolved", By: "operator", Attempt: 1}},
	} {
		s := quarantine.Standing{State: "redriven", Attempt: 1, Reason: "invalid"}
		before := s
		if line, ok := s.Move(&c.step); ok || !cmp.Equal(s, before) || line != (quarantine.HistoryLine{}) {
			t.Errorf("%s: moved %t to %+v, line %+v", c.name, ok, s, line)
		}
	}
}

func TestSeenAgain(t *testing.T) {
	e := quarantine.New("malformed", []byte("{"), "", nil, at)
	e.LastSeenAt = at.Add(time.Hour)
	for _, from := range quarantine.States {
		s := quarantine.Standing{ID: e.ID, State: from, Attempt: 3, Reason: "conflict"}
		line, ok := s.SeenAgain(e)
		if isDone := from == "resolved" || from == "discarded"; ok != isDone {
			t.Errorf("%s: held again %t", from, ok)
		}
		want, stands := quarantine.HistoryLine{}, from
		if ok {
			want, stands = quarantine.HistoryLine{EntryID: e.ID, From: from, To: "held", Attempt: 3, Reason: "conflict",
				Actor: "recorder", Note: "the same bytes came again", At: at.Add(time.Hour)}, "held"
		}
		if diff := cmp.Diff(want, line); diff != "" || s.State != stands {
			t.Errorf("%s: stands %s, -want +got:\n%s", from, s.State, diff)
		}
	}
}

func TestFirstLine(t *testing.T) {
	e := quarantine.New("malformed", []byte("{"), "", nil, at)
	want := quarantine.HistoryLine{EntryID: e.ID, To: "held", Reason: "malformed", Actor: "recorder", At: at}
	if diff := cmp.Diff(want, e.FirstLine()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
