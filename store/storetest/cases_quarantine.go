package storetest

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

var quarantineCases = []Case{
	{"an entry comes back as it was written", on(checkEntry)},
	{"bodies are kept byte for byte", on(checkBodies)},
	{"what could not be read stays absent", on(checkAbsent)},
	{"copies add to seen and move last_seen_at", on(checkSeen)},
	{"a copy changes nothing else of its entry", on(checkCopyKeepsEntry)},
	{"last_seen_at never moves back", on(checkLastSeen)},
	{"resolved and discarded entries are held again", on(checkHeldAgain)},
	{"a redriven entry stays redriven when copies come", on(checkRedrivenStays)},
	{"the birth of an entry is a line of history", on(checkBirth)},
	{"new and known entries in one call", on(checkMixedEntries)},
}

func checkEntry(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Conflict, `{"transaction_id":"a"}`, start)
	e.Detail = "o valor não é o mesmo: \"漢字\" 🙂 'x'"
	e.FieldErrors = []quarantine.FieldError{
		{Field: "amount", Code: quarantine.CodeDiffers, Value: "150.75", Recorded: "150.76"},
		{Field: "method", Code: quarantine.CodeDiffers, Value: "ted\n\"", Recorded: "pix", Hint: "hint"},
	}
	e.Headers = map[string]string{"x-death": "[{\"count\":1}]", "empty": "", "é": "ü"}
	e.TransactionID = "a"
	e.Amount = &payment.Money{Minor: 9_999_999_999_999_999, Currency: "CLF"}
	e.Seen, e.LastSeenAt = 7, at(time.Hour)
	hold(t, s, e)
	same(t, "entry", e, readEntry(t, s, e.ID))
}

func checkBodies(t testing.TB, s store.Store) {
	binary := make([]byte, 256)
	for i := range binary {
		binary[i] = byte(i)
	}
	big := make([]byte, quarantine.MaxBody)
	for i := range big {
		big[i] = byte(rand.Uint32())
	}
	bodies := [][]byte{{}, {0}, binary, []byte("\xff\xfe\x80 not UTF-8"), []byte(`{"a":1}`), big, bytes.Repeat([]byte("x"), quarantine.MaxBody+1)}
	for i, body := range bodies {
		e := newEntry(quarantine.Malformed, string(body), start)
		hold(t, s, e)
		got := readEntry(t, s, e.ID)
		if !bytes.Equal(got.Body, e.Body) {
			t.Errorf("body %d of %d bytes came back as %d others", i, len(e.Body), len(got.Body))
		}
		if got.BodySize != int64(len(body)) || got.BodySHA256 != e.BodySHA256 || got.Truncated != (len(body) > quarantine.MaxBody) {
			t.Errorf("body %d: size %d, truncated %v", i, got.BodySize, got.Truncated)
		}
	}
}

func checkAbsent(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Malformed, "{", start)
	e.FieldErrors, e.Headers, e.Amount, e.TransactionID, e.Detail, e.Position = nil, nil, nil, "", "", ""
	hold(t, s, e)
	got := readEntry(t, s, e.ID)
	same(t, "entry", e, got)
	if got.Amount != nil || got.MendedBody != nil {
		t.Errorf("amount %v, mended body %v; want neither", got.Amount, got.MendedBody)
	}
}

func checkSeen(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	e.Seen = 3
	hold(t, s, e)
	for i := range 4 {
		e.Seen, e.LastSeenAt = int64(i+1), at(time.Duration(i+1)*time.Minute)
		hold(t, s, e)
	}
	got := readEntry(t, s, e.ID)
	if got.Seen != 3+1+2+3+4 {
		t.Errorf("seen %d, want 13", got.Seen)
	}
	if !got.LastSeenAt.Equal(at(4 * time.Minute)) {
		t.Errorf("last seen %s, want 4 minutes after the start", got.LastSeenAt)
	}
}

func checkCopyKeepsEntry(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	e.TransactionID, e.Amount = "a", &payment.Money{Minor: 5, Currency: "BRL"}
	hold(t, s, e)
	later := newEntry(quarantine.Invalid, "bad", at(time.Hour))
	later.Detail, later.FieldErrors, later.Headers = "other words", nil, map[string]string{"new": "header"}
	later.Queue, later.Position, later.TransactionID, later.Amount = "other", "other@1", "", nil
	later.Body = []byte("not the same")
	hold(t, s, later)
	want := e
	want.Seen, want.LastSeenAt = 2, later.LastSeenAt
	same(t, "entry", want, readEntry(t, s, e.ID))
	if lines := history(t, s, e.ID); len(lines) != 1 {
		t.Errorf("%d lines of history after a copy, want 1", len(lines))
	}
}

func checkLastSeen(t testing.TB, s store.Store) {
	hold(t, s, newEntry(quarantine.Invalid, "bad", at(time.Hour)))
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	got := readEntry(t, s, e.ID)
	if !got.LastSeenAt.Equal(at(time.Hour)) || !got.FirstSeenAt.Equal(at(time.Hour)) {
		t.Errorf("first seen %s, last seen %s; want both an hour after the start", got.FirstSeenAt, got.LastSeenAt)
	}
}

func checkHeldAgain(t testing.TB, s store.Store) {
	for _, state := range []quarantine.State{quarantine.Discarded, quarantine.Resolved} {
		e := newEntry(quarantine.Invalid, "bad "+string(state), start)
		hold(t, s, e)
		attempt := bring(t, s, e.ID, state)
		again := e
		again.LastSeenAt = at(2 * time.Hour)
		hold(t, s, again)
		got := readEntry(t, s, e.ID)
		if got.State != quarantine.Held || got.Seen != 2 || got.Attempt != attempt {
			t.Errorf("%s and seen again: %s, seen %d, attempt %d", state, got.State, got.Seen, got.Attempt)
		}
		lines := history(t, s, e.ID)
		last := lines[len(lines)-1]
		last.Note = ""
		same(t, "last line", quarantine.HistoryLine{EntryID: e.ID, From: state, To: quarantine.Held, Attempt: attempt,
			Reason: quarantine.Invalid, Actor: string(quarantine.Recorder), At: at(2 * time.Hour)}, last)
	}
}

// bring moves a held entry on its legal way to state and returns its attempt.
func bring(t testing.TB, s store.Store, id string, state quarantine.State) int {
	t.Helper()
	ways := map[quarantine.State][]quarantine.State{
		quarantine.Discarded: {quarantine.Discarded},
		quarantine.Redriven:  {quarantine.Redriven},
		quarantine.Resolved:  {quarantine.Redriven, quarantine.Resolved},
	}
	from, attempt := quarantine.Held, readEntry(t, s, id).Attempt
	for i, to := range ways[state] {
		tr := step(id, from, to, attempt)
		tr.At = at(time.Duration(i+1) * time.Minute)
		if !transition(t, s, tr)[0] {
			t.Fatalf("%s to %s was refused", from, to)
		}
		if to == quarantine.Redriven {
			attempt++
		}
		from = to
	}
	return attempt
}

func checkRedrivenStays(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	bring(t, s, e.ID, quarantine.Redriven)
	lines := len(history(t, s, e.ID))
	e.Seen, e.LastSeenAt = 5, at(time.Hour)
	hold(t, s, e)
	got := readEntry(t, s, e.ID)
	if got.State != quarantine.Redriven || got.Seen != 6 || got.Attempt != 1 || !got.LastSeenAt.Equal(at(time.Hour)) {
		t.Errorf("%s, seen %d, attempt %d, last seen %s", got.State, got.Seen, got.Attempt, got.LastSeenAt)
	}
	if now := len(history(t, s, e.ID)); now != lines {
		t.Errorf("%d lines of history, want %d", now, lines)
	}
}

func checkBirth(t testing.TB, s store.Store) {
	e := newEntry(quarantine.TooLarge, strings.Repeat("x", 100), start)
	hold(t, s, e)
	lines := history(t, s, e.ID)
	if len(lines) != 1 {
		t.Fatalf("%d lines, want 1", len(lines))
	}
	same(t, "first line", quarantine.HistoryLine{EntryID: e.ID, From: "", To: quarantine.Held, Reason: quarantine.TooLarge,
		Actor: string(quarantine.Recorder), At: start}, lines[0])
}

func checkMixedEntries(t testing.TB, s store.Store) {
	var es []quarantine.Entry
	for i := range 250 {
		es = append(es, newEntry(quarantine.Malformed, fmt.Sprintf("body %d", i), start))
	}
	hold(t, s, es[:100]...)
	hold(t, s, es...)
	once := map[string]bool{}
	for _, e := range allEntries(t, s, store.EntryQuery{}) {
		once[e.ID] = e.Seen == 1
	}
	if len(once) != 250 {
		t.Fatalf("%d entries, want 250", len(once))
	}
	fresh := 0
	for _, e := range once {
		if e {
			fresh++
		}
	}
	if fresh != 150 {
		t.Errorf("%d entries were seen once, want 150", fresh)
	}
}
