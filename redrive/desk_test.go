package redrive_test

import (
	"crypto/sha256"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"recibo/quarantine"
	"recibo/redrive"
)

func TestDiscard(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.hold(event("a", "1,00"), event("b", "1,00"), "{")
		var told []int64
		done, err := h.desk("ana").Discard(t.Context(), invalid, time.Now().Add(time.Second), func(n int64) { told = append(told, n) })
		if diff := cmp.Diff(redrive.Done{Done: 2}, done); diff != "" || err != nil || !cmp.Equal(told, []int64{2}) {
			t.Errorf("%v, told %v, -want +got:\n%s", err, told, diff)
		}
		if s := h.states(); s["discarded"] != 2 || s["held"] != 1 {
			t.Errorf("%v", s)
		}
		for _, id := range ids {
			if e := h.entry(id); e.Reason == "invalid" {
				lines := h.history(id)
				want := quarantine.HistoryLine{EntryID: id, From: "held", To: "discarded", Reason: "invalid", Actor: "ana", Note: "a note"}
				if diff := cmp.Diff(want, lines[len(lines)-1], cmpopts.IgnoreFields(want, "At")); diff != "" {
					t.Errorf("-want +got:\n%s", diff)
				}
			}
		}
		done, err = h.desk("ana").Discard(t.Context(), invalid, time.Now().Add(time.Second), nil)
		if done.Done != 0 || err != nil {
			t.Errorf("again: %+v, %v", done, err)
		}
	})
}

// TestDiscardLosesTheRace: what somebody sent back meanwhile is not discarded,
// and who did is told.
func TestDiscardLosesTheRace(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.holdMended(3)
		h.raceOnce(func() {
			if _, err := redrive.Begin(t.Context(), h.config(), redrive.Plan{Selection: redrive.Selection{IDs: ids[:1]}, Cutoff: time.Now().Add(time.Hour), Actor: "ana"}); err != nil {
				t.Error(err)
			}
		}, 1)
		done, err := h.desk("bia").Discard(t.Context(), invalid, time.Now().Add(time.Second), nil)
		if err != nil || done.Done != 2 || done.Lost != 1 || len(done.Losses) != 1 {
			t.Fatalf("%+v, %v", done, err)
		}
		if l := done.Losses[0]; l.EntryID != ids[0] || !strings.HasPrefix(l.Words(), "it is redriven, by ana at 2000-01-01T") {
			t.Errorf("%+v: %s", l, l.Words())
		}
		h.record()
		if len(h.payments()) != 1 || h.states()["discarded"] != 2 || h.states()["resolved"] != 1 {
			t.Errorf("%d payments, %v", len(h.payments()), h.states())
		}
	})
}

func TestLossWords(t *testing.T) {
	at := time.Date(2026, 11, 23, 14, 15, 3, 0, time.UTC)
	for want, l := range map[string]redrive.Loss{
		"it is gone: somebody purged it": {},
		"it is held":                     {State: "held"},
		"it is discarded, by ana at 2026-11-23T14:15:03Z": {State: "discarded", Actor: "ana", At: at},
		"it was mended, by ana at 2026-11-23T14:15:03Z":   {State: "held", Actor: "ana", At: at, Mended: true},
	} {
		if got := l.Words(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if got := (&redrive.TakenOverError{ID: "r1"}).Error(); got != "redrive r1: another process drives it now" {
		t.Errorf("%q", got)
	}
}

func TestNotThere(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		if _, err := redrive.Entry(t.Context(), h.memory.Reader(), "x"); !errors.Is(err, redrive.ErrNotThere) {
			t.Errorf("%v, want ErrNotThere", err)
		}
	})
}

// TestActsSurviveLostReplies: whether a commit landed or not, an act whose
// answer was lost is done once and told as done.
func TestActsSurviveLostReplies(t *testing.T) {
	for _, landed := range []bool{true, false} {
		bubble(t, func(t *testing.T, h *harness) {
			id := h.hold(event("a", "1,00"))[0]
			d, all := h.desk("ana"), redrive.Selection{IDs: []string{id}}
			e := h.entry(id)
			lose := func() {
				if landed {
					h.store.LoseReplies(1)
				} else {
					h.store.LoseCommits(1)
				}
			}
			lose()
			if err := d.Mend(t.Context(), &e, []byte("mended")); err != nil {
				t.Errorf("landed %t, mend: %v", landed, err)
			}
			e = h.entry(id)
			lose()
			if err := d.Mend(t.Context(), &e, nil); err != nil {
				t.Errorf("landed %t, undo: %v", landed, err)
			}
			lose()
			if done, err := d.Discard(t.Context(), all, time.Now().Add(time.Second), nil); err != nil || done.Done != 1 || done.Lost != 0 {
				t.Errorf("landed %t, discard: %+v, %v", landed, done, err)
			}
			if n := len(h.history(id)); n != 4 {
				t.Errorf("landed %t: %d lines of history, want 4", landed, n)
			}
			lose()
			if done, err := d.Purge(t.Context(), all, time.Now().Add(time.Second), nil); err != nil || done.Done != 1 || done.Lost != 0 {
				t.Errorf("landed %t, purge: %+v, %v", landed, done, err)
			}
			if len(h.entries()) != 0 {
				t.Errorf("landed %t: %v", landed, h.states())
			}
		})
	}
}

func TestMendKeepsTheOriginal(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		id := h.hold(event("a", "1,00"))[0]
		before := h.entry(id)
		if err := h.desk("ana").Mend(t.Context(), &before, []byte(event("a", "1.00"))); err != nil {
			t.Fatal(err)
		}
		after := h.entry(id)
		want := before
		want.MendedBody = []byte(event("a", "1.00"))
		if diff := cmp.Diff(want, after); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		line := h.history(id)[1]
		if line.MendedSHA256 == nil || *line.MendedSHA256 != sha256.Sum256(want.MendedBody) || line.Actor != "ana" || line.Note != "a note" {
			t.Errorf("%+v", line)
		}
		// Another one who read the entry before that is told.
		err := h.desk("bia").Mend(t.Context(), &before, []byte("other"))
		var l *redrive.LostError
		if !errors.As(err, &l) || l.Actor != "ana" || !strings.Contains(err.Error(), "it was mended, by ana at 2000-01-01T") {
			t.Errorf("%v", err)
		}
		if err := h.desk("bia").Mend(t.Context(), &after, nil); err != nil || h.entry(id).MendedBody != nil {
			t.Errorf("undo: %v", err)
		}
	})
}

func TestTextOfPeopleIsCleaned(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		id := h.hold(event("a", "1,00"))[0]
		d := h.desk("a\x00\xff")
		d.Note = strings.Repeat("n", 5000) + "\xff"
		if _, err := d.Discard(t.Context(), redrive.Selection{IDs: []string{id}}, time.Now().Add(time.Second), nil); err != nil {
			t.Fatal(err)
		}
		line := h.history(id)[1]
		if line.Actor != "a\uFFFD\uFFFD" || len(line.Note) > 4096 || !strings.HasPrefix(line.Note, "nnn") {
			t.Errorf("%q, %d bytes of note", line.Actor, len(line.Note))
		}
	})
}

func TestPurge(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.holdMended(4)
		h.mustBegin(redrive.Selection{IDs: ids[:1]})
		h.record()
		if _, err := h.desk("ana").Discard(t.Context(), redrive.Selection{IDs: ids[1:3]}, time.Now().Add(time.Second), nil); err != nil {
			t.Fatal(err)
		}
		if _, err := h.desk("ana").Purge(t.Context(), redrive.Selection{States: []quarantine.State{"held"}}, time.Now(), nil); !errors.Is(err, redrive.ErrState) {
			t.Errorf("purging what is held: %v", err)
		}
		done, err := h.desk("ana").Purge(t.Context(), redrive.Selection{States: []quarantine.State{"discarded"}}, time.Now().Add(time.Second), nil)
		if err != nil || done.Done != 2 || h.states()["resolved"] != 1 {
			t.Errorf("%+v, %v, %v", done, err, h.states())
		}
		done, err = h.desk("ana").Purge(t.Context(), invalid, time.Now().Add(time.Second), nil)
		if err != nil || done.Done != 1 || len(h.history(ids[0])) != 0 || h.states()["held"] != 1 {
			t.Errorf("%+v, %v, %v", done, err, h.states())
		}
	})
}

// TestPurgeSparesWhatCameBack: an entry that is held again when its turn comes
// stays, and is told.
func TestPurgeSparesWhatCameBack(t *testing.T) {
	bubble(t, func(t *testing.T, h *harness) {
		ids := h.hold(event("a", "1,00"), event("b", "1,00"))
		all := redrive.Selection{IDs: ids}
		if _, err := h.desk("ana").Discard(t.Context(), all, time.Now().Add(time.Second), nil); err != nil {
			t.Fatal(err)
		}
		h.raceOnce(func() { h.publish(string(h.entry(ids[0]).Body)); h.record() }, 1)
		done, err := h.desk("ana").Purge(t.Context(), all, time.Now().Add(time.Second), nil)
		if err != nil || done.Done != 1 || done.Lost != 1 || done.Losses[0].Words() == "" || done.Losses[0].Actor != "recorder" {
			t.Errorf("%+v, %v", done, err)
		}
		if e := h.entry(ids[0]); e.State != "held" {
			t.Errorf("%+v", e)
		}
	})
}
