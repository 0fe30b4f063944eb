package storetest

import (
	"fmt"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

var transitionCases = []Case{
	{"a transition moves an entry and writes history", on(checkTransition)},
	{"a transition from another state is refused", on(checkTransitionState)},
	{"a transition at another attempt is refused", on(checkTransitionAttempt)},
	{"only legal transitions are made", on(checkTransitionLegal)},
	{"each step to redriven adds an attempt", on(checkAttempts)},
	{"a step back to held replaces the reason", on(checkReasonReplaced)},
	{"a transition answers each by its index", on(checkTransitionIndex)},
	{"history comes in the order it happened", on(checkHistoryOrder)},
}

// step is a transition by a role that may make it, or by an operator where none
// may.
func step(id string, from, to quarantine.State, attempt int) quarantine.Transition {
	by := quarantine.Operator
	for _, role := range quarantine.Roles {
		if quarantine.Legal(from, to, role) {
			by = role
		}
	}
	return quarantine.Transition{EntryID: id, From: from, To: to, By: by, Attempt: attempt, Actor: "ana", Note: "weil \"ja\"", At: at(time.Minute)}
}

func checkTransition(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	if !transition(t, s, step(e.ID, quarantine.Held, quarantine.Redriven, 0))[0] {
		t.Fatal("held to redriven was refused")
	}
	want := e
	want.State, want.Attempt = quarantine.Redriven, 1
	same(t, "entry", want, readEntry(t, s, e.ID))
	lines := history(t, s, e.ID)
	same(t, "last line", quarantine.HistoryLine{EntryID: e.ID, From: quarantine.Held, To: quarantine.Redriven, Attempt: 1,
		Reason: quarantine.Invalid, Actor: "ana", Note: "weil \"ja\"", At: at(time.Minute)}, lines[len(lines)-1])
}

func refused(t testing.TB, s store.Store, what string, tr quarantine.Transition) {
	t.Helper()
	before, lines := readEntry(t, s, tr.EntryID), history(t, s, tr.EntryID)
	if transition(t, s, tr)[0] {
		t.Errorf("%s: the transition was made", what)
	}
	same(t, what+": entry", before, readEntry(t, s, tr.EntryID))
	same(t, what+": history", lines, history(t, s, tr.EntryID))
}

func checkTransitionState(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	refused(t, s, "held, expected redriven", step(e.ID, quarantine.Redriven, quarantine.Resolved, 0))
	bring(t, s, e.ID, quarantine.Discarded)
	refused(t, s, "discarded, expected held", step(e.ID, quarantine.Held, quarantine.Redriven, 0))
	refused(t, s, "discarded, expected redriven", step(e.ID, quarantine.Redriven, quarantine.Held, 0))
	other := newEntry(quarantine.Invalid, "other", start)
	hold(t, s, other)
	bring(t, s, other.ID, quarantine.Redriven)
	refused(t, s, "redriven, expected discarded", step(other.ID, quarantine.Discarded, quarantine.Held, 1))
}

func checkTransitionAttempt(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	refused(t, s, "attempt 0, expected 1", step(e.ID, quarantine.Held, quarantine.Redriven, 1))
	bring(t, s, e.ID, quarantine.Redriven)
	refused(t, s, "attempt 1, expected 0", step(e.ID, quarantine.Redriven, quarantine.Resolved, 0))
}

func checkTransitionLegal(t testing.TB, s store.Store) {
	for _, from := range quarantine.States {
		for _, to := range quarantine.States {
			for _, by := range quarantine.Roles {
				e := newEntry(quarantine.Invalid, string(from)+string(to)+string(by), start)
				hold(t, s, e)
				tr := step(e.ID, from, to, bring(t, s, e.ID, from))
				tr.By = by
				name := fmt.Sprintf("%s to %s by %s", from, to, by)
				if !quarantine.Legal(from, to, by) {
					refused(t, s, name, tr)
				} else if !transition(t, s, tr)[0] {
					t.Errorf("%s was refused", name)
				}
			}
		}
	}
}

func checkAttempts(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	for attempt := 1; attempt <= 3; attempt++ {
		if !transition(t, s, step(e.ID, quarantine.Held, quarantine.Redriven, attempt-1))[0] {
			t.Fatalf("redrive %d was refused", attempt)
		}
		if !transition(t, s, step(e.ID, quarantine.Redriven, quarantine.Held, attempt))[0] {
			t.Fatalf("return of redrive %d was refused", attempt)
		}
		if got := readEntry(t, s, e.ID); got.Attempt != attempt || got.State != quarantine.Held {
			t.Errorf("%s at attempt %d, want held at %d", got.State, got.Attempt, attempt)
		}
	}
}

func checkReasonReplaced(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	bring(t, s, e.ID, quarantine.Redriven)
	back := step(e.ID, quarantine.Redriven, quarantine.Held, 1)
	back.Reason, back.Detail = quarantine.Conflict, "another amount is recorded"
	back.FieldErrors = []quarantine.FieldError{{Field: "amount", Code: quarantine.CodeDiffers, Value: "1.00", Recorded: "2.00"}}
	if !transition(t, s, back)[0] {
		t.Fatal("redriven to held was refused")
	}
	want := e
	want.Reason, want.Detail, want.FieldErrors, want.Attempt = back.Reason, back.Detail, back.FieldErrors, 1
	same(t, "replaced", want, readEntry(t, s, e.ID))
	if lines := history(t, s, e.ID); lines[len(lines)-1].Reason != quarantine.Conflict {
		t.Errorf("the line of history says %s, want conflict", lines[len(lines)-1].Reason)
	}
	if !transition(t, s, step(e.ID, quarantine.Held, quarantine.Redriven, 1), step(e.ID, quarantine.Redriven, quarantine.Held, 2))[1] {
		t.Fatal("redriven to held without a reason was refused")
	}
	want.Attempt = 2
	same(t, "kept", want, readEntry(t, s, e.ID))
}

func checkTransitionIndex(t testing.TB, s store.Store) {
	a, b := newEntry(quarantine.Invalid, "a", start), newEntry(quarantine.Invalid, "b", start)
	hold(t, s, a, b)
	done := transition(t, s,
		step("no such entry", quarantine.Held, quarantine.Discarded, 0),
		step(a.ID, quarantine.Held, quarantine.Discarded, 0),
		step(b.ID, quarantine.Redriven, quarantine.Held, 0),
		step(b.ID, quarantine.Held, quarantine.Redriven, 0))
	for i, want := range []bool{false, true, false, true} {
		if done[i] != want {
			t.Errorf("transition %d: %v, want %v", i, done[i], want)
		}
	}
}

func checkHistoryOrder(t testing.TB, s store.Store) {
	e, other := newEntry(quarantine.Invalid, "bad", start), newEntry(quarantine.Invalid, "other", start)
	hold(t, s, e, other)
	var want []quarantine.State
	for attempt := range 20 {
		// All in the same millisecond: the order is that of the writes.
		transition(t, s, step(e.ID, quarantine.Held, quarantine.Redriven, attempt))
		transition(t, s, step(e.ID, quarantine.Redriven, quarantine.Held, attempt+1))
		want = append(want, quarantine.Redriven, quarantine.Held)
	}
	lines := history(t, s, e.ID)
	if len(lines) != 1+len(want) {
		t.Fatalf("%d lines, want %d", len(lines), 1+len(want))
	}
	for i, to := range want {
		if l := lines[i+1]; l.To != to || l.Attempt != i/2+1 || l.EntryID != e.ID {
			t.Errorf("line %d: to %s at attempt %d, want %s at %d", i+1, l.To, l.Attempt, to, i/2+1)
		}
	}
}
