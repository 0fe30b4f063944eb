// Package storetest tests stores: a conformance suite that every store must
// pass, a store in memory, and a wrapper that makes any store fail on command.
package storetest

import (
	"slices"
	"testing"

	"recibo/store"
)

// Harness opens the stores that are to be tested.
type Harness struct {
	// Open returns a store of a fresh, migrated database, and closes it when
	// the test ends.
	Open func(testing.TB) store.Store
	// Reopen closes s and opens the same database again. Nil where a database
	// does not outlive its store.
	Reopen func(t testing.TB, s store.Store) store.Store
}

// Case is one property that every store must have.
type Case struct {
	Name  string
	Check func(testing.TB, Harness)
}

// Run checks every case on a store of its own.
func Run(t *testing.T, h Harness) { run(t, h, Cases()) }

// RunAsRecorder checks the cases of RecorderCases, each on a store of its own.
func RunAsRecorder(t *testing.T, h Harness) { run(t, h, RecorderCases()) }

func run(t *testing.T, h Harness, cases []Case) {
	for _, c := range cases {
		t.Run(c.Name, func(t *testing.T) { c.Check(t, h) })
	}
}

// Cases returns all properties, so that the suite itself can be tested on
// stores that lack one.
func Cases() []Case {
	return slices.Concat(RecorderCases(), redriveCases, mendCases, purgeCases)
}

// RecorderCases are those that need no right of the people who decide about
// what is held: no redrive, no mending, no purge.
func RecorderCases() []Case {
	return slices.Concat(
		recordCases, amountCases, commitCases, claimCases, quarantineCases, transitionCases,
		tallyCases, outageCases, pageCases, filterCases, causeCases, sharingCases, controlCases, controlPageCases)
}

// on makes a case of a check that needs one store and nothing else.
func on(check func(testing.TB, store.Store)) func(testing.TB, Harness) {
	return func(t testing.TB, h Harness) {
		t.Helper()
		check(t, h.Open(t))
	}
}
