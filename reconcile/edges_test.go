package reconcile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/ledger"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
)

// Each message needs an entry of its own body: those of others, before it in the
// order of the bodies or after it, say nothing of it.
func TestJunkNeedsItsOwnEntry(t *testing.T) {
	var lines []ledger.Line
	var entries []quarantine.Entry
	for i := range 16 {
		text := fmt.Sprint("junk ", i)
		lines = append(lines, junk(fmt.Sprint(i), text))
		if i%2 == 0 {
			entries = append(entries, entry(quarantine.Malformed, text))
		}
	}
	got, err := reconcile.Run(t.Context(), reconcile.Config{Reader: fill(t, nil, byEntryID(entries)), Sent: sent(lines...), Examples: 3})
	if err != nil {
		t.Fatal(err)
	}
	if got.Missing != 8 || got.Accounted != 8 || got.Held != 8 || len(got.Examples) != 3 {
		t.Errorf("%+v, want 8 missing, three of them named, 8 accounted for and held", got)
	}
}

// A payment under an id that nobody sent is no surprise if it came out of
// quarantine.
func TestMendedUnderAnotherID(t *testing.T) {
	mended := pay("z", 100)
	mended.EntryID = "e1"
	got, err := reconcile.Run(t.Context(), reconcile.Config{Reader: fill(t, []store.Payment{mended}, nil), Sent: sent()})
	want := reconcile.Result{Balanced: true, Mended: 1, Examples: []reconcile.Example{}}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, -want +got:\n%s", err, diff)
	}
}

// The grace ends with its last moment, and no more examples are told than are
// wanted, of windows that are open too.
func TestGraceEndsAndExamplesAreBounded(t *testing.T) {
	a, b, c := paid("a", "app", 1, 100), paid("b", "app", 61, 100), paid("c", "app", 121, 100)
	s := scene{controls: []store.Control{count("p", "app", 0, 60, a), count("p", "app", 60, 120, b), count("p", "app", 120, 180, c)}}
	for _, k := range []struct {
		after   time.Duration
		verdict reconcile.Verdict
	}{{5 * time.Minute, reconcile.Missing}, {5*time.Minute - time.Millisecond, reconcile.Open}} {
		r := s.prove(t, reconcile.WindowConfig{Now: noon.Add(time.Hour + k.after), Grace: 5 * time.Minute, Examples: 2})
		if r.ByVerdict[k.verdict] != 3 || len(r.Examples) != 2 {
			t.Errorf("after %v: %v, %d examples", k.after, r.ByVerdict, len(r.Examples))
		}
	}
}

func byEntryID(es []quarantine.Entry) []quarantine.Entry {
	slices.SortFunc(es, func(a, b quarantine.Entry) int { return strings.Compare(a.ID, b.ID) })
	return es
}
