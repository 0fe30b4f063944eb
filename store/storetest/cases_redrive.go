package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

var redriveCases = []Case{
	{"a redrive is a row that its next change replaces", on(checkRedrive)},
	{"a change of a redrive that was committed has landed", on(checkRedriveLanded)},
	{"a redrive that somebody else drives is fenced", on(checkRedriveFenced)},
	{"of two who drive one redrive one wins", on(checkRedriveAtOnce)},
	{"a redrive and its entries are one transaction", on(checkRedriveWithEntries)},
	{"redrives come the latest first", on(checkRedrivePages)},
	{"redrives have cursors of their own", on(checkRedriveCursor)},
	{"each filter of redrives selects its own", on(checkRedriveFilters)},
	{"a step to redriven names its run", on(checkRedriveID)},
	{"entries are selected by the run that redrove them", on(checkRedriveFilter)},
}

// newRedrive returns the first change of a run.
func newRedrive(id string, began time.Duration) store.Redrive {
	return store.Redrive{ID: id, Filter: `{"reasons":["invalid"],"field":"amount"}`, Cutoff: at(began), Actor: "ana",
		Rate: 200, Total: 50_000, Seq: 1, Runner: "run-1", State: store.RedriveRunning, BeganAt: at(began), SeenAt: at(began)}
}

// drive runs one transaction that writes the row and nothing else.
func drive(t testing.TB, s store.Store, r store.Redrive) (landed bool, err error) {
	t.Helper()
	err = store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) (err error) {
		landed, err = store.Desk(tx).Redrive(ctx, r)
		return err
	})
	return landed, err
}

func mustDrive(t testing.TB, s store.Store, rs ...store.Redrive) {
	t.Helper()
	for _, r := range rs {
		if landed, err := drive(t, s, r); landed || err != nil {
			t.Fatalf("redrive %s, change %d: landed %v, error %v", r.ID, r.Seq, landed, err)
		}
	}
}

func redrivePage(t testing.TB, s store.Store, q store.RedriveQuery) store.Page[store.Redrive] {
	t.Helper()
	p, err := store.ReadRedrives(s.Reader()).Redrives(t.Context(), q)
	if err != nil {
		t.Fatalf("redrives: %v", err)
	}
	return p
}

// wantRedrive compares the row with what was written; the filter is JSON.
func wantRedrive(t testing.TB, s store.Store, what string, want store.Redrive) {
	t.Helper()
	page := redrivePage(t, s, store.RedriveQuery{ID: want.ID})
	if len(page.Items) != 1 {
		t.Fatalf("%s: %d rows", what, len(page.Items))
	}
	got := page.Items[0]
	if !sameJSON([]byte(want.Filter), []byte(got.Filter)) {
		t.Errorf("%s: filter %s, want %s", what, got.Filter, want.Filter)
	}
	got.Filter = want.Filter
	same(t, what, want, got)
}

func checkRedrive(t testing.TB, s store.Store) {
	r := newRedrive("r1", 0)
	r.Filter, r.Actor, r.Note = `{"source":"'o' \"novo\" 漢字 🙂","list":["a","b"]}`, "João 'da' Silva", "weil \"ja\"\n%_\\"
	mustDrive(t, s, r, newRedrive("r2", time.Minute))
	wantRedrive(t, s, "made", r)
	r.Seq, r.Cursor, r.Moved, r.Refused, r.SeenAt = 2, "00ff00ff00ff00ff00ff00ff00ff00ff", 1<<40, 3, at(time.Millisecond)
	mustDrive(t, s, r)
	wantRedrive(t, s, "changed", r)
	r.Seq, r.Runner, r.Rate, r.State, r.SeenAt, r.EndedAt = 3, "run-2", 1, store.RedriveCancelled, at(time.Hour), at(time.Hour)
	mustDrive(t, s, r)
	wantRedrive(t, s, "ended by another", r)
	wantRedrive(t, s, "the other run", newRedrive("r2", time.Minute))
}

func checkRedriveLanded(t testing.TB, s store.Store) {
	r := newRedrive("r1", 0)
	for seq := int64(1); seq <= 3; seq++ {
		r.Seq, r.Moved = seq, 10*seq
		for try := range 3 {
			again := r
			again.SeenAt = at(time.Duration(try) * time.Minute)
			landed, err := drive(t, s, again)
			if err != nil || landed != (try > 0) {
				t.Errorf("change %d, try %d: landed %v, error %v", seq, try+1, landed, err)
			}
		}
		wantRedrive(t, s, "the row", r)
	}
}

func checkRedriveFenced(t testing.TB, s store.Store) {
	refused := func(what string, seq int64, runner string) {
		t.Helper()
		r := newRedrive("r1", 0)
		r.Seq, r.Runner, r.Moved = seq, runner, 99
		if landed, err := drive(t, s, r); landed || !errors.Is(err, store.ErrFenced) {
			t.Errorf("%s: landed %v, error %v; want ErrFenced", what, landed, err)
		}
	}
	refused("no row", 2, "run-1")
	r := newRedrive("r1", 0)
	mustDrive(t, s, r)
	refused("made twice", 1, "run-2")
	r.Seq, r.Moved = 2, 20
	mustDrive(t, s, r)
	refused("made again", 1, "run-1")
	refused("the same change by another", 2, "run-2")
	refused("a gap", 4, "run-1")
	wantRedrive(t, s, "the row", r)
	r.Seq, r.Runner = 3, "run-2" // resumed by another
	mustDrive(t, s, r)
	refused("the one that was taken over from", 3, "run-1")
	refused("a step back", 2, "run-1")
	wantRedrive(t, s, "taken over", r)
}

// checkRedriveAtOnce lets several runners make the same change, the first of a
// run too.
func checkRedriveAtOnce(t testing.TB, s store.Store) {
	for round := range rounds {
		r := newRedrive("shared", 0)
		r.Seq = int64(round - round/3)
		if round%3 == 0 {
			r.ID, r.Seq = fmt.Sprintf("new %d", round), 1
		}
		errs := make([]error, goroutines)
		var wg sync.WaitGroup
		for g := range goroutines {
			mine := r
			mine.Runner = fmt.Sprintf("run-%d", g)
			wg.Go(func() { _, errs[g] = drive(t, s, mine) })
		}
		wg.Wait()
		won := 0
		for g, err := range errs {
			if err == nil {
				won++
				r.Runner = fmt.Sprintf("run-%d", g)
			} else if !errors.Is(err, store.ErrFenced) {
				t.Errorf("%s, change %d: %v, want ErrFenced", r.ID, r.Seq, err)
			}
		}
		if won != 1 {
			t.Fatalf("%s, change %d: %d of %d runners made it", r.ID, r.Seq, won, goroutines)
		}
		wantRedrive(t, s, "the winner", r)
	}
}

// checkRedriveWithEntries moves entries as a run does: the row and they stand
// or fall together.
func checkRedriveWithEntries(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	r := newRedrive("r1", 0)
	move := func(ctx context.Context, tx store.Tx) error {
		if _, err := store.Desk(tx).Redrive(ctx, r); err != nil {
			return err
		}
		tr := step(e.ID, quarantine.Held, quarantine.Redriven, 0)
		tr.RedriveID = r.ID
		done, err := tx.Transition(ctx, []quarantine.Transition{tr})
		if err == nil && !done[0] {
			t.Error("the step to redriven was refused")
		}
		return err
	}
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := move(ctx, tx); err != nil {
			return err
		}
		if rows := len(redrivePage(t, s, store.RedriveQuery{}).Items); rows != 0 {
			t.Errorf("%d rows are seen before the commit", rows)
		}
		return errOwn
	})
	if !errors.Is(err, errOwn) || len(redrivePage(t, s, store.RedriveQuery{}).Items) != 0 {
		t.Errorf("error %v, or the row of a transaction that was rolled back", err)
	}
	same(t, "entry after a rollback", e, readEntry(t, s, e.ID))
	update(t, s, move)
	wantRedrive(t, s, "the row", r)
	e.State, e.Attempt, e.RedriveID = quarantine.Redriven, 1, r.ID
	same(t, "entry", e, readEntry(t, s, e.ID))
}

func checkRedrivePages(t testing.TB, s store.Store) {
	for i := range 25 {
		mustDrive(t, s, newRedrive(fmt.Sprintf("r%02d", i), time.Duration(i/2)*time.Minute))
	}
	for _, limit := range []int{0, 1, 7, 25} {
		key := func(r store.Redrive) (time.Time, string) { return r.BeganAt, r.ID }
		rows := walk(t, key, store.NewestFirst, func(after string) (store.Page[store.Redrive], error) {
			return store.ReadRedrives(s.Reader()).Redrives(t.Context(), store.RedriveQuery{Limit: limit, After: after})
		}, func() {})
		if len(rows) != 25 {
			t.Errorf("limit %d: %d redrives, want 25", limit, len(rows))
		}
	}
	if p := redrivePage(t, s, store.RedriveQuery{Limit: 7}); len(p.Items) != 7 || p.Next == "" {
		t.Errorf("the first page holds %d, next %q", len(p.Items), p.Next)
	}
}

func checkRedriveCursor(t testing.TB, s store.Store) {
	mustDrive(t, s, newRedrive("a", 0), newRedrive("b", 0))
	control(t, s, newControl("p1", 0), newControl("p1", 1))
	own, other := redrivePage(t, s, store.RedriveQuery{Limit: 1}).Next, controlPage(t, s, store.ControlQuery{Limit: 1}).Next
	if p := redrivePage(t, s, store.RedriveQuery{After: own}); len(p.Items) != 1 || p.Items[0].ID != "a" || p.Next != "" {
		t.Errorf("after the first: %+v", p)
	}
	for _, bad := range []string{"x", "W10", store.EncodeCursor("a"), other} {
		if _, err := store.ReadRedrives(s.Reader()).Redrives(t.Context(), store.RedriveQuery{After: bad}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("redrives after %q: %v, want ErrBadCursor", bad, err)
		}
	}
	if _, err := store.ReadControls(s.Reader()).Controls(t.Context(), store.ControlQuery{After: own}); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("control totals after a cursor of redrives: %v, want ErrBadCursor", err)
	}
}

func checkRedriveFilters(t testing.TB, s store.Store) {
	for i, state := range store.RedriveStates {
		r := newRedrive(string("abcd"[i]), time.Duration(i)*time.Minute)
		r.State = state
		mustDrive(t, s, r)
	}
	type states = []store.RedriveState
	for name, c := range map[string]struct {
		q    store.RedriveQuery
		want string
	}{
		"nothing":      {store.RedriveQuery{}, "dcba"},
		"id":           {store.RedriveQuery{ID: "b"}, "b"},
		"no such id":   {store.RedriveQuery{ID: "B"}, ""},
		"one state":    {store.RedriveQuery{States: states{store.RedriveDone}}, "c"},
		"two states":   {store.RedriveQuery{States: states{store.RedriveRunning, store.RedriveStopped}}, "ba"},
		"all at once":  {store.RedriveQuery{ID: "d", States: states{store.RedriveCancelled}}, "d"},
		"not together": {store.RedriveQuery{ID: "d", States: states{store.RedriveDone}}, ""},
	} {
		var names []string
		for _, r := range redrivePage(t, s, c.q).Items {
			names = append(names, r.ID)
		}
		if got := strings.Join(names, ""); got != c.want {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

func checkRedriveID(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	want := e
	for i, run := range []string{"r1", "r2", "", "r3"} {
		out := step(e.ID, quarantine.Held, quarantine.Redriven, i)
		out.RedriveID = run
		back := step(e.ID, quarantine.Redriven, quarantine.Held, i+1)
		if done := transition(t, s, out); !done[0] {
			t.Fatalf("redrive %d was refused", i+1)
		}
		want.State, want.Attempt, want.RedriveID = quarantine.Redriven, i+1, run
		same(t, fmt.Sprintf("on its way by %q", run), want, readEntry(t, s, e.ID))
		if done := transition(t, s, back); !done[0] {
			t.Fatalf("return of redrive %d was refused", i+1)
		}
		want.State = quarantine.Held
		same(t, fmt.Sprintf("back from %q", run), want, readEntry(t, s, e.ID))
	}
	refused := step(e.ID, quarantine.Held, quarantine.Redriven, 0)
	refused.RedriveID = "r4"
	if transition(t, s, refused)[0] {
		t.Error("a step at another attempt was made")
	}
	discard := step(e.ID, quarantine.Held, quarantine.Discarded, 4)
	discard.RedriveID = "r5"
	if !transition(t, s, discard)[0] {
		t.Fatal("held to discarded was refused")
	}
	want.State = quarantine.Discarded
	same(t, "no run but of a step to redriven", want, readEntry(t, s, e.ID))
}

func checkRedriveFilter(t testing.TB, s store.Store) {
	es := filterEntries(t, s) // of these b is redriven and e discarded
	for i, run := range map[int]string{0: "r1", 2: "r1", 3: "R1"} {
		tr := step(es[i].ID, quarantine.Held, quarantine.Redriven, 0)
		tr.RedriveID = run
		if !transition(t, s, tr)[0] {
			t.Fatalf("the redrive of entry %d was refused", i)
		}
	}
	if !transition(t, s, step(es[2].ID, quarantine.Redriven, quarantine.Resolved, 1))[0] {
		t.Fatal("redriven to resolved was refused")
	}
	redriven := []quarantine.State{quarantine.Redriven}
	for name, c := range map[string]struct {
		q    store.EntryQuery
		want string
	}{
		"a run":               {store.EntryQuery{RedriveID: "r1"}, "ac"},
		"a run of other case": {store.EntryQuery{RedriveID: "R1"}, "d"},
		"no such run":         {store.EntryQuery{RedriveID: "r2"}, ""},
		"a run and a state":   {store.EntryQuery{RedriveID: "r1", States: redriven}, "a"},
		"first seen before":   {store.EntryQuery{RedriveID: "r1", SeenBefore: at(2 * time.Minute)}, "a"},
	} {
		for _, c.q.Order = range []store.Order{store.NewestFirst, store.ByID} {
			var names []string
			for _, e := range allEntries(t, s, c.q) {
				names = append(names, string(e.Body))
			}
			slices.Sort(names)
			if got := strings.Join(names, ""); got != c.want {
				t.Errorf("%s, order %d: %q, want %q", name, c.q.Order, got, c.want)
			}
		}
		entries := int64(0)
		for _, cause := range causes(t, s, c.q) {
			entries += cause.Entries
		}
		if entries != int64(len(c.want)) {
			t.Errorf("%s: causes of %d entries, want %d", name, entries, len(c.want))
		}
	}
}
