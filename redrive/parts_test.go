package redrive

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// TestOnlyOurLineIsOurs: another name, step, word, moment or body is somebody
// else's act.
func TestOnlyOurLineIsOurs(t *testing.T) {
	at := time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)
	sum, other := [32]byte{1}, [32]byte{2}
	ours := quarantine.HistoryLine{EntryID: "e", From: "held", To: "held", Actor: "ana", Note: "why", At: at, MendedSHA256: &sum}
	for name, change := range map[string]func(*quarantine.HistoryLine){
		"":          func(*quarantine.HistoryLine) {},
		"from":      func(l *quarantine.HistoryLine) { l.From = "redriven" },
		"to":        func(l *quarantine.HistoryLine) { l.To = "discarded" },
		"actor":     func(l *quarantine.HistoryLine) { l.Actor = "bia" },
		"note":      func(l *quarantine.HistoryLine) { l.Note = "" },
		"at":        func(l *quarantine.HistoryLine) { l.At = at.Add(time.Millisecond) },
		"body":      func(l *quarantine.HistoryLine) { l.MendedSHA256 = &other },
		"no body":   func(l *quarantine.HistoryLine) { l.MendedSHA256 = nil },
		"same body": func(l *quarantine.HistoryLine) { same := sum; l.MendedSHA256 = &same },
	} {
		l := ours
		change(&l)
		if got, want := isOurs([]quarantine.HistoryLine{{}, l}, ours), name == "" || name == "same body"; got != want {
			t.Errorf("another %s: ours %t", name, got)
		}
	}
}

// TestPartsAreBounded: a publish holds at most a MiB, but for one message that
// is longer, and all keep their order.
func TestPartsAreBounded(t *testing.T) {
	for _, c := range []struct {
		sizes []int
		want  string
	}{
		{nil, "[]"},
		{[]int{1, 2, 3}, "[[1 2 3]]"},
		{[]int{mostBytes - 1, 1, 1}, "[[1048575 1] [1]]"},
		{[]int{mostBytes, 0, 1}, "[[1048576 0] [1]]"},
		{[]int{5, 2 * mostBytes, 5}, "[[5] [2097152] [5]]"},
		{[]int{mostBytes / 2, mostBytes / 2, mostBytes / 2}, "[[524288 524288] [524288]]"},
	} {
		var out []outgoing
		for _, size := range c.sizes {
			out = append(out, outgoing{body: bytes.Repeat([]byte{'x'}, size)})
		}
		parts := inParts(out)
		slices.Reverse(parts)
		got := [][]int{}
		for _, p := range parts {
			var sizes []int
			for _, o := range p {
				sizes = append(sizes, len(o.body))
			}
			got = append(got, sizes)
		}
		if fmt.Sprint(got) != c.want {
			t.Errorf("%v become %v, want %s", c.sizes, got, c.want)
		}
	}
}

func TestSumOfReasons(t *testing.T) {
	if n := sum(map[quarantine.Reason]int64{"invalid": 2, "conflict": 3, "rejected": 4}); n != 9 {
		t.Errorf("2, 3 and 4 are %d", n)
	}
}

// TestSelectionOfManyIDs: as many as fit into a page, doubles not counted.
func TestSelectionOfManyIDs(t *testing.T) {
	ids := make([]string, store.MaxPage)
	for i := range ids {
		ids[i] = fmt.Sprintf("%032x", i)
	}
	if s, err := (Selection{IDs: append(ids, ids...)}).check(); err != nil || len(s.IDs) != store.MaxPage {
		t.Errorf("a page full of ids: %d, %v", len(s.IDs), err)
	}
	if _, err := (Selection{IDs: append(ids, "one more")}).check(); !errors.Is(err, ErrTooMany) {
		t.Errorf("one more: %v", err)
	}
}
