package mongodb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// Transactions of the people who decide about what is held. Each fails if it
// does not find what it expects.

func moving(id string, from, to quarantine.State) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		done, err := tx.Transition(ctx, []quarantine.Transition{{EntryID: id, From: from, To: to, By: quarantine.Operator, Actor: "ana", At: day}})
		if err == nil && !done[0] {
			return fmt.Errorf("%s to %s was refused", from, to)
		}
		return err
	}
}

func mending(id string, was []byte, body string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		done, err := store.Desk(tx).Mend(ctx, quarantine.Mending{EntryID: id, Was: was, Body: []byte(body), Actor: "ana", At: day})
		if err == nil && !done {
			return fmt.Errorf("mending %q was refused", body)
		}
		return err
	}
}

func purging(want int64, ids ...string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		n, err := store.Desk(tx).Purge(ctx, ids)
		if err == nil && n != want {
			return fmt.Errorf("%d entries were purged, want %d", n, want)
		}
		return err
	}
}

// redriving makes a change of a run and sends entries back that are held at
// their first attempt. What landed is left alone, and so are entries that moved.
func redriving(run string, seq int64, ids ...string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		landed, err := store.Desk(tx).Redrive(ctx, store.Redrive{ID: run, Filter: "{}", Cutoff: day, Actor: "ana", Seq: seq, Runner: "r",
			State: store.RedriveRunning, BeganAt: day, SeenAt: day})
		if err != nil || landed {
			return err
		}
		var ts []quarantine.Transition
		for _, id := range ids {
			ts = append(ts, quarantine.Transition{EntryID: id, From: quarantine.Held, To: quarantine.Redriven, By: quarantine.Operator,
				RedriveID: run, Actor: "ana", At: day})
		}
		_, err = tx.Transition(ctx, ts)
		return err
	}
}

// controlling records a control total of one payment.
func controlling(writer string, seq int64, producer string, kind *store.Kind) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		if err := countedBy(writer, seq)(ctx, tx); err != nil {
			return err
		}
		c := store.Control{Queue: "payments", Position: "payments@2", RecordedAt: day}
		c.Window = payment.Window{Producer: producer, From: day, Until: day.Add(time.Minute)}
		c.Add(payment.Money{Minor: 1, Currency: "BRL"}, payment.Fingerprint{1})
		outcomes, err := store.Controls(tx).Control(ctx, []store.Control{c})
		if err == nil {
			*kind = outcomes[0].Kind
		}
		return err
	}
}

func heldIDs(t testing.TB, s store.Store) (ids []string) {
	t.Helper()
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{Order: store.ByID})
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range page.Items {
		ids = append(ids, e.ID)
	}
	return ids
}

// plainDesk has somebody else act on the entry between the look and the write:
// the second of two is always told, whatever the two are. Nothing is left of it.
func plainDesk(t *testing.T, server *testserver.SecantusServer) {
	type act = func(id string) func(context.Context, store.Tx) error
	mend := func(id string) func(context.Context, store.Tx) error { return mending(id, nil, "mended") }
	discard := func(id string) func(context.Context, store.Tx) error {
		return moving(id, quarantine.Held, quarantine.Discarded)
	}
	purge := func(id string) func(context.Context, store.Tx) error { return purging(1, id) }
	again := func(string) func(context.Context, store.Tx) error { return holding("bad") }
	for _, c := range []struct {
		name         string
		state        quarantine.State
		outer, inner act
		stands       string
		lines        int
	}{
		{"mended, and discarded meanwhile", quarantine.Held, mend, discard, "discarded", 2},
		{"discarded, and mended meanwhile", quarantine.Held, discard, mend, "held mended", 2},
		{"purged, and come again meanwhile", quarantine.Discarded, purge, again, "held", 1}, // the line of its new life
		{"come again, and purged meanwhile", quarantine.Discarded, again, purge, "", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, s := plainStore(t, server)
			if err := s.Update(t.Context(), holding("bad")); err != nil {
				t.Fatal(err)
			}
			id := heldIDs(t, s)[0]
			if c.state != quarantine.Held {
				if err := s.Update(t.Context(), moving(id, quarantine.Held, c.state)); err != nil {
					t.Fatal(err)
				}
			}
			err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
				if err := c.outer(id)(ctx, tx); err != nil {
					return err
				}
				return s.Update(ctx, c.inner(id))
			})
			wantClass(t, err, store.ClassTransient, "somebody wrote the same meanwhile")
			if lines, err := s.Reader().History(t.Context(), id); err != nil || len(lines) != c.lines {
				t.Errorf("history %+v, error %v; want %d lines", lines, err, c.lines)
			}
			page, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
			stands := ""
			for _, e := range page.Items {
				stands += strings.TrimSpace(string(e.State) + " " + string(e.MendedBody))
			}
			if err != nil || stands != c.stands {
				t.Errorf("it stands as %q, error %v; want %q", stands, err, c.stands)
			}
		})
	}
}

// plainRedriveCut cuts the connection around each write of a redrive's step. Its
// number says that it had landed only if all of it had; run again, each entry was
// redriven once.
func plainRedriveCut(t *testing.T, server *testserver.SecantusServer) {
	for _, c := range []struct {
		write   string
		unknown bool
	}{
		{"\x02update\x00\x0b\x00\x00\x00quarantine", false}, {"\x02insert\x00\x13\x00\x00\x00quarantine_history", false},
		{"\x02update\x00\x09\x00\x00\x00redrives", true},
	} {
		for _, when := range []testserver.When{testserver.Before, testserver.AfterReply} {
			proxy, s := plainStore(t, server)
			for _, fn := range []func(context.Context, store.Tx) error{holding("bad", "worse"), redriving("run", 1)} {
				if err := s.Update(t.Context(), fn); err != nil {
					t.Fatal(err)
				}
			}
			ids := heldIDs(t, s)
			struck := proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(c.write), When: when})
			err := s.Update(t.Context(), redriving("run", 2, ids...))
			<-struck
			want, seq := store.ClassOutage, int64(1)
			if c.unknown {
				want = store.ClassUnknownCommit
				if when == testserver.AfterReply {
					seq = 2
				}
			}
			wantClass(t, err, want, "the server closed the connection")
			if got := seqOf(t, s, "run"); got != seq {
				t.Errorf("%q, %v: change %d of the run, want %d", c.write, when, got, seq)
			}
			if err := store.Retry(t.Context(), s, redriving("run", 2, ids...)); err != nil {
				t.Errorf("%q, %v, again: %v", c.write, when, err)
			}
			page, err := s.Reader().Entries(t.Context(), store.EntryQuery{RedriveID: "run", States: []quarantine.State{quarantine.Redriven}})
			if err != nil || len(page.Items) != 2 || page.Items[0].Attempt != 1 || page.Items[1].Attempt != 1 || seqOf(t, s, "run") != 2 {
				t.Errorf("%q, %v: entries %+v, error %v; want both redriven once", c.write, when, page.Items, err)
			}
		}
	}
}

func seqOf(t testing.TB, s store.Store, run string) int64 {
	t.Helper()
	page, err := store.ReadRedrives(s.Reader()).Redrives(t.Context(), store.RedriveQuery{ID: run})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d runs, error %v", len(page.Items), err)
	}
	return page.Items[0].Seq
}

// plainControlCut cuts the connection around the writes of a control total. Run
// again it is recorded, not a duplicate of itself; for others it is.
func plainControlCut(t *testing.T, server *testserver.SecantusServer) {
	proxy, s := plainStore(t, server)
	seq := int64(1)
	for _, write := range []string{"\x02insert\x00\x0f\x00\x00\x00control_totals", "\x02update\x00\x08\x00\x00\x00writers"} {
		for _, when := range []testserver.When{testserver.Before, testserver.AfterReply} {
			seq++
			producer := fmt.Sprint("p", seq)
			var kind, other store.Kind
			struck := proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(write), When: when})
			if err := s.Update(t.Context(), controlling("w", seq, producer, &kind)); err == nil {
				t.Errorf("%q, %v: no error", write, when)
			}
			<-struck
			has := landed(t, s, seq)
			kind = 0
			if err := store.Retry(t.Context(), s, controlling("w", seq, producer, &kind)); err != nil {
				t.Errorf("%q, %v, again: %v", write, when, err)
			}
			if err := s.Update(t.Context(), controlling("other", seq-1, producer, &other)); err != nil {
				t.Error(err)
			}
			if kind != store.Recorded && !has || other != store.Duplicate {
				t.Errorf("%q, %v: kind %d, and %d for another writer; landed %v", write, when, kind, other, has)
			}
			page, err := store.ReadControls(s.Reader()).Controls(t.Context(), store.ControlQuery{})
			if err != nil || len(page.Items) != int(seq)-1 {
				t.Errorf("%q, %v: %d control totals, error %v; want %d", write, when, len(page.Items), err, seq-1)
			}
		}
	}
}

// plainPurgeCut cuts the connection around each write of a purge. Done again it
// leaves nothing, and the same bytes are a new entry.
func plainPurgeCut(t *testing.T, server *testserver.SecantusServer) {
	for _, write := range []string{"\x02delete\x00\x13\x00\x00\x00quarantine_history", "\x02delete\x00\x0b\x00\x00\x00quarantine"} {
		for _, when := range []testserver.When{testserver.Before, testserver.AfterReply} {
			proxy, s := plainStore(t, server)
			if err := s.Update(t.Context(), holding("bad")); err != nil {
				t.Fatal(err)
			}
			id := heldIDs(t, s)[0]
			if err := s.Update(t.Context(), moving(id, quarantine.Held, quarantine.Discarded)); err != nil {
				t.Fatal(err)
			}
			struck := proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(write), When: when})
			wantClass(t, s.Update(t.Context(), purging(1, id)), store.ClassOutage, "purge 1 entries: the server closed the connection")
			<-struck
			err := store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) error {
				_, err := store.Desk(tx).Purge(ctx, []string{id})
				return err
			})
			if lines, readErr := s.Reader().History(t.Context(), id); err != nil || readErr != nil || len(lines) != 0 || len(heldIDs(t, s)) != 0 {
				t.Errorf("%q, %v: purge %v, history %+v, error %v", write, when, err, lines, readErr)
			}
			if err := s.Update(t.Context(), holding("bad")); err != nil {
				t.Errorf("%q, %v: the same bytes again: %v", write, when, err)
			}
			if lines, err := s.Reader().History(t.Context(), id); err != nil || len(lines) != 1 {
				t.Errorf("%q, %v: history %+v, error %v; want the line of a new entry", write, when, lines, err)
			}
		}
	}
}
