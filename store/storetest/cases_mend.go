package storetest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"sync"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

var mendCases = []Case{
	{"a mended body stands beside the original", on(checkMend)},
	{"mending writes who, when, why and what", on(checkMendHistory)},
	{"a mending that expects something else is refused", on(checkMendRefused)},
	{"an empty mended body is not none", on(checkMendEmpty)},
	{"a mended body outlives what becomes of its entry", on(checkMendStays)},
	{"of two who mend one entry one wins", on(checkMendAtOnce)},
	{"an entry without its body keeps the mended one", on(checkMendWithoutBody)},
}

func mending(id string, was, body []byte) quarantine.Mending {
	return quarantine.Mending{EntryID: id, Was: was, Body: body, Actor: "ana", Note: "weil \"ja\"", At: at(time.Minute)}
}

func mend(t testing.TB, s store.Store, m quarantine.Mending) (done bool) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx store.Tx) (err error) {
		done, err = store.Desk(tx).Mend(ctx, m)
		return err
	})
	return done
}

// wantMended compares all of the entry; no mended body and an empty one differ.
func wantMended(t testing.TB, s store.Store, what string, want quarantine.Entry) {
	t.Helper()
	got := readEntry(t, s, want.ID)
	if !bytes.Equal(got.MendedBody, want.MendedBody) || (got.MendedBody == nil) != (want.MendedBody == nil) {
		t.Errorf("%s: mended body %.100q, want %.100q", what, got.MendedBody, want.MendedBody)
	}
	if !bytes.Equal(got.Body, want.Body) {
		t.Errorf("%s: body %.100q, want %.100q", what, got.Body, want.Body)
	}
	got.MendedBody, want.MendedBody, got.Body, want.Body = nil, nil, nil, nil
	same(t, what, want, got)
}

func checkMend(t testing.TB, s store.Store) {
	e, other := newEntry(quarantine.Invalid, "bad", start), newEntry(quarantine.Invalid, "other", start)
	e.Headers = map[string]string{"x-death": "1"}
	hold(t, s, e, other)
	binary := []byte("\x00\xff\xfe not UTF-8 \r\n")
	big := make([]byte, quarantine.MaxBody)
	for i := range big {
		big[i] = byte(i * i)
	}
	var stands []byte
	for _, body := range [][]byte{[]byte("mended"), binary, big, nil, []byte("mended")} {
		if !mend(t, s, mending(e.ID, stands, body)) {
			t.Fatalf("mending to %d bytes was refused", len(body))
		}
		e.MendedBody, stands = body, body
		wantMended(t, s, fmt.Sprintf("mended to %d bytes", len(body)), e)
	}
	wantMended(t, s, "the other", other)
	if mend(t, s, mending("0123456789abcdef0123456789abcdef", nil, stands)) {
		t.Error("an entry that is not there was mended")
	}
}

func checkMendHistory(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Conflict, "bad", start)
	hold(t, s, e)
	first, second := []byte("first"), []byte("second")
	want := history(t, s, e.ID)
	for i, m := range []quarantine.Mending{mending(e.ID, nil, first), mending(e.ID, first, second), mending(e.ID, second, nil)} {
		m.At, m.Actor = at(time.Duration(i)*time.Second), fmt.Sprintf("João %d", i)
		if m.Body == nil {
			m.Note = ""
		}
		if !mend(t, s, m) {
			t.Fatalf("mending %d was refused", i)
		}
		line := quarantine.HistoryLine{EntryID: e.ID, From: quarantine.Held, To: quarantine.Held, Reason: quarantine.Conflict,
			Actor: m.Actor, Note: m.Note, At: m.At}
		if m.Body != nil {
			line.MendedSHA256 = new(sha256.Sum256(m.Body))
		}
		want = append(want, line)
	}
	same(t, "history", want, history(t, s, e.ID))
	bring(t, s, e.ID, quarantine.Discarded)
	if lines := history(t, s, e.ID); len(lines) != len(want)+1 || lines[len(want)].MendedSHA256 != nil {
		t.Errorf("a transition has the hash of a mended body: %+v", lines)
	}
}

// checkMendRefused tries what somebody wants who looked at the entry before
// somebody else did something.
func checkMendRefused(t testing.TB, s store.Store) {
	old, body := []byte("old"), []byte("body")
	for name, c := range map[string]struct {
		stands  []byte
		state   quarantine.State
		attempt int // expected
		was     []byte
		body    []byte
	}{
		"somebody mended meanwhile":   {old, quarantine.Held, 0, nil, body},
		"somebody mended otherwise":   {body, quarantine.Held, 0, old, body},
		"other case":                  {old, quarantine.Held, 0, []byte("OLD"), body},
		"a space more":                {old, quarantine.Held, 0, []byte("old "), body},
		"somebody took it away":       {nil, quarantine.Held, 0, old, body},
		"an empty body is not none":   {[]byte{}, quarantine.Held, 0, nil, body},
		"none is not an empty body":   {nil, quarantine.Held, 0, []byte{}, body},
		"taken away meanwhile":        {nil, quarantine.Held, 0, old, nil},
		"of an attempt to come":       {old, quarantine.Held, 1, old, body},
		"on its way":                  {old, quarantine.Redriven, 0, old, body},
		"on its way, by its attempt":  {old, quarantine.Redriven, 1, old, body},
		"resolved":                    {old, quarantine.Resolved, 1, old, body},
		"discarded":                   {old, quarantine.Discarded, 0, old, body},
		"discarded, to be taken away": {old, quarantine.Discarded, 0, old, nil},
	} {
		e := newEntry(quarantine.Invalid, name, start)
		hold(t, s, e)
		if c.stands != nil && !mend(t, s, mending(e.ID, nil, c.stands)) {
			t.Fatalf("%s: the first mending was refused", name)
		}
		if c.state != quarantine.Held {
			bring(t, s, e.ID, c.state)
		}
		before, lines := readEntry(t, s, e.ID), history(t, s, e.ID)
		m := mending(e.ID, c.was, c.body)
		m.Attempt = c.attempt
		if mend(t, s, m) {
			t.Errorf("%s: mended", name)
		}
		wantMended(t, s, name, before)
		same(t, name+": history", lines, history(t, s, e.ID))
	}
}

func checkMendEmpty(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	wantMended(t, s, "never mended", e)
	e.MendedBody = []byte{}
	if !mend(t, s, mending(e.ID, nil, e.MendedBody)) {
		t.Fatal("mending to an empty body was refused")
	}
	wantMended(t, s, "mended to nothing", e)
	lines := history(t, s, e.ID)
	if sum := lines[len(lines)-1].MendedSHA256; sum == nil || *sum != sha256.Sum256(nil) {
		t.Errorf("the line of history has not the hash of an empty body: %x", sum)
	}
	if !mend(t, s, mending(e.ID, []byte{}, nil)) {
		t.Fatal("taking an empty body away was refused")
	}
	e.MendedBody = nil
	wantMended(t, s, "taken away", e)
}

func checkMendStays(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	e.MendedBody = []byte("mended")
	if !mend(t, s, mending(e.ID, nil, e.MendedBody)) {
		t.Fatal("the mending was refused")
	}
	for _, tr := range []quarantine.Transition{
		step(e.ID, quarantine.Held, quarantine.Redriven, 0), step(e.ID, quarantine.Redriven, quarantine.Held, 1),
		step(e.ID, quarantine.Held, quarantine.Redriven, 1), step(e.ID, quarantine.Redriven, quarantine.Resolved, 2),
	} {
		if !transition(t, s, tr)[0] {
			t.Fatalf("%s to %s was refused", tr.From, tr.To)
		}
		if e.State = tr.To; tr.To == quarantine.Redriven {
			e.Attempt++
		}
		wantMended(t, s, string("from "+tr.From), e)
	}
	again := newEntry(quarantine.Invalid, "bad", at(time.Hour))
	hold(t, s, again)
	e.State, e.Seen, e.LastSeenAt = quarantine.Held, 2, again.LastSeenAt
	wantMended(t, s, "held again", e)
	m := mending(e.ID, e.MendedBody, []byte("mended better"))
	m.Attempt = e.Attempt
	if !mend(t, s, m) {
		t.Error("mending at the attempt of now was refused")
	}
	lines := history(t, s, e.ID)
	if last := lines[len(lines)-1]; last.Attempt != e.Attempt || last.To != quarantine.Held {
		t.Errorf("the line of history says %s at attempt %d", last.To, last.Attempt)
	}
}

func checkMendAtOnce(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	var stands []byte
	for round := range rounds {
		done := make([]bool, goroutines)
		var wg sync.WaitGroup
		for g := range goroutines {
			m := mending(e.ID, stands, fmt.Appendf(nil, "round %d by %d", round, g))
			wg.Go(func() { done[g] = mendOrFail(t, s, m) })
		}
		wg.Wait()
		won := 0
		for g := range done {
			if done[g] {
				won++
				stands = fmt.Appendf(nil, "round %d by %d", round, g)
			}
		}
		if got := readEntry(t, s, e.ID).MendedBody; won != 1 || string(got) != string(stands) {
			t.Fatalf("round %d: %d of %d mended it, %q stands; want %q", round, won, goroutines, got, stands)
		}
	}
	if lines := len(history(t, s, e.ID)); lines != 1+rounds {
		t.Errorf("%d lines of history, want %d", lines, 1+rounds)
	}
}

// mendOrFail is mend for goroutines, which may not end the test.
func mendOrFail(t testing.TB, s store.Store, m quarantine.Mending) (done bool) {
	err := store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) (err error) {
		done, err = store.Desk(tx).Mend(ctx, m)
		return err
	})
	if err != nil {
		t.Errorf("mend: %v", err)
	}
	return done && err == nil
}

func checkMendWithoutBody(t testing.TB, s store.Store) {
	mended, empty, not := newEntry(quarantine.Invalid, "mended", start), newEntry(quarantine.Invalid, "empty", start), newEntry(quarantine.Invalid, "not", start)
	hold(t, s, mended, empty, not)
	for id, body := range map[string][]byte{mended.ID: []byte("better"), empty.ID: {}} {
		if !mend(t, s, mending(id, nil, body)) {
			t.Fatal("the mending was refused")
		}
	}
	want := map[string][]byte{mended.ID: []byte("better"), empty.ID: {}, not.ID: nil}
	for _, e := range allEntries(t, s, store.EntryQuery{WithoutBody: true}) {
		if e.Body != nil {
			t.Errorf("the body of %s came along", e.ID)
		}
		if body := want[e.ID]; string(e.MendedBody) != string(body) || (e.MendedBody == nil) != (body == nil) {
			t.Errorf("mended body %#v, want %#v", e.MendedBody, body)
		}
		delete(want, e.ID)
	}
	if len(want) != 0 {
		t.Errorf("%d entries are missing", len(want))
	}
}
