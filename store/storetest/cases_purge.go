package storetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

var purgeCases = []Case{
	{"purging removes what is done with, and its history", on(checkPurge)},
	{"purging leaves what waits or is on its way", on(checkPurgeLeaves)},
	{"a purge that is rolled back removes nothing", on(checkPurgeRollback)},
	{"a purged body that comes again is a new entry", on(checkPurgedAgain)},
	{"a thousand entries are purged at once", on(checkPurgeThousand)},
}

func purge(t testing.TB, s store.Store, ids ...string) (n int64) {
	t.Helper()
	slices.Sort(ids)
	update(t, s, func(ctx context.Context, tx store.Tx) (err error) {
		n, err = store.Desk(tx).Purge(ctx, ids)
		return err
	})
	return n
}

// purgeEntries makes an entry of each state.
func purgeEntries(t testing.TB, s store.Store) map[quarantine.State]string {
	t.Helper()
	ids := map[quarantine.State]string{}
	for _, state := range quarantine.States {
		e := newEntry(quarantine.Invalid, string(state), start)
		hold(t, s, e)
		bring(t, s, e.ID, state)
		ids[state] = e.ID
	}
	return ids
}

func idsLeft(t testing.TB, s store.Store) []string {
	t.Helper()
	var ids []string
	for _, e := range allEntries(t, s, store.EntryQuery{Order: store.ByID, WithoutBody: true}) {
		ids = append(ids, e.ID)
	}
	return ids
}

func checkPurge(t testing.TB, s store.Store) {
	ids := purgeEntries(t, s)
	for _, state := range []quarantine.State{quarantine.Resolved, quarantine.Discarded} {
		if n := purge(t, s, ids[state], "0123456789abcdef0123456789abcdef"); n != 1 {
			t.Errorf("%s: %d entries purged, want 1", state, n)
		}
		if slices.Contains(idsLeft(t, s), ids[state]) {
			t.Errorf("the %s entry is there", state)
		}
		if lines := history(t, s, ids[state]); len(lines) != 0 {
			t.Errorf("%s: %d lines of history are left", state, len(lines))
		}
		if n := purge(t, s, ids[state]); n != 0 {
			t.Errorf("%s: %d entries purged the second time", state, n)
		}
	}
	if n := purge(t, s); n != 0 {
		t.Errorf("%d entries purged of none", n)
	}
	want := map[quarantine.State]int64{quarantine.Held: 1, quarantine.Redriven: 1}
	same(t, "states", want, totals(t, s).States)
}

func checkPurgeLeaves(t testing.TB, s store.Store) {
	ids := purgeEntries(t, s)
	other := newEntry(quarantine.Invalid, "not asked for", start)
	hold(t, s, other)
	bring(t, s, other.ID, quarantine.Discarded)
	kept := []string{ids[quarantine.Held], ids[quarantine.Redriven], other.ID}
	slices.Sort(kept)
	var before []quarantine.Entry
	lines := map[string]int{}
	for _, id := range kept {
		before, lines[id] = append(before, readEntry(t, s, id)), len(history(t, s, id))
	}
	if n := purge(t, s, ids[quarantine.Held], ids[quarantine.Redriven], ids[quarantine.Resolved], ids[quarantine.Discarded]); n != 2 {
		t.Errorf("%d entries purged, want 2", n)
	}
	if left := idsLeft(t, s); !slices.Equal(left, kept) {
		t.Fatalf("entries %v are left, want %v", left, kept)
	}
	for i, id := range kept {
		same(t, "what is left", before[i], readEntry(t, s, id))
		if n := len(history(t, s, id)); n != lines[id] {
			t.Errorf("%d lines of history are left, want %d", n, lines[id])
		}
	}
}

func checkPurgeRollback(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	bring(t, s, e.ID, quarantine.Discarded)
	lines := len(history(t, s, e.ID))
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if n, err := store.Desk(tx).Purge(ctx, []string{e.ID}); n != 1 || err != nil {
			return fmt.Errorf("purged %d: %w", n, err)
		}
		return errOwn
	})
	if !errors.Is(err, errOwn) {
		t.Errorf("error %v, want the function's own", err)
	}
	readEntry(t, s, e.ID)
	if n := len(history(t, s, e.ID)); n != lines {
		t.Errorf("%d lines of history after the rollback, want %d", n, lines)
	}
}

func checkPurgedAgain(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	if !mend(t, s, mending(e.ID, nil, []byte("better"))) {
		t.Fatal("the mending was refused")
	}
	out := step(e.ID, quarantine.Held, quarantine.Redriven, 0)
	out.RedriveID = "r1"
	if done := transition(t, s, out, step(e.ID, quarantine.Redriven, quarantine.Resolved, 1)); !done[0] || !done[1] {
		t.Fatalf("the way to resolved was refused: %v", done)
	}
	if n := purge(t, s, e.ID); n != 1 {
		t.Fatalf("%d entries purged, want 1", n)
	}
	again := newEntry(quarantine.Invalid, "bad", at(time.Hour))
	hold(t, s, again)
	wantMended(t, s, "the entry", again)
	want := []quarantine.HistoryLine{again.FirstLine()}
	same(t, "history", want, history(t, s, e.ID))
}

func checkPurgeThousand(t testing.TB, s store.Store) {
	var es []quarantine.Entry
	var ids []string
	var discard []quarantine.Transition
	for i := range 1000 {
		e := newEntry(quarantine.Malformed, fmt.Sprintf("body %d", i), start)
		es, ids = append(es, e), append(ids, e.ID)
	}
	hold(t, s, es...)
	slices.Sort(ids)
	for _, id := range ids[:900] {
		discard = append(discard, step(id, quarantine.Held, quarantine.Discarded, 0))
	}
	transition(t, s, discard...)
	if n := purge(t, s, slices.Clone(ids)...); n != 900 {
		t.Errorf("%d entries purged, want 900", n)
	}
	if left := idsLeft(t, s); !slices.Equal(left, ids[900:]) {
		t.Errorf("%d entries are left, want those 100 that are held", len(left))
	}
}
