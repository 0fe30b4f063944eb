package mongodb_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mongodb"
)

// accepted accepts a server without transactions.
var accepted = mongodb.Options{Writers: 4, AllowStandalone: true}

// notStandalone are cases that need transactions, with what happens instead.
var notStandalone = map[string]string{
	"readers and writers at once": "a batch is seen in part while it is written",
}

// TestStandalone has one server without transactions, which nobody hurts.
func TestStandalone(t *testing.T) {
	t.Parallel()
	server := testserver.NewSecantusDB(t, testserver.Setting("standalone", ""))
	for name, test := range map[string]func(*testing.T, *testserver.SecantusServer){
		"conformance": plainConformance, "refused": plainRefused, "cut": plainCut, "races": plainRaces, "move": plainMove, "desk": plainDesk,
		"redrive cut": plainRedriveCut, "control total cut": plainControlCut, "purge cut": plainPurgeCut,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, server) })
	}
}

// plainConformance runs the suite.
func plainConformance(t *testing.T, server *testserver.SecantusServer) {
	h := new(addresses).harness(func(t testing.TB) string { return server.URL("", server.Database(t)) }, accepted)
	left := len(notStandalone)
	for _, c := range writingCases() {
		t.Run(c.Name, func(t *testing.T) {
			if why := notStandalone[c.Name]; why != "" {
				left--
				t.Skip("declared trait: " + why)
			}
			c.Check(t, h)
		})
	}
	if left != 0 {
		t.Error("a case that is declared is none of the suite")
	}
}

// plainRefused without the flag, but for whoever only looks.
func plainRefused(t *testing.T, server *testserver.SecantusServer) {
	address := server.URL("admin", "x")
	wantConfig(t, refused(t, address, mongodb.Options{}), "the server is no replica set, so it has no transactions", "--allow-standalone")
	if s := open(t, address, mongodb.Options{ReadOnly: true}); !standalone(t, s) {
		t.Error("it is not noticed")
	}
	if s := open(t, address, accepted); !standalone(t, s) {
		t.Error("there is nothing to warn of")
	}
	if s := open(t, testserver.SecantusDB(t).URL("admin", "x"), accepted); standalone(t, s) {
		t.Error("a replica set is taken for a standalone server")
	}
}

// plainStore is a database behind a proxy, with one payment in it.
func plainStore(t *testing.T, server *testserver.SecantusServer) (*testserver.Proxy, *mongodb.Store) {
	t.Helper()
	proxy := server.Proxy(t)
	s := migrated(t, at(server.URL("admin", server.Database(t)), proxy.Addr()), accepted)
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	return proxy, s
}

// plainCut cuts the connection around each write of a batch, before
// and after the server has done it. The number says that it had landed only if
// all of it had; run again, each payment stands and is counted once.
func plainCut(t *testing.T, server *testserver.SecantusServer) {
	proxy, s := plainStore(t, server)
	seq := int64(1)
	rows := 1
	for _, write := range []string{"insert\x00", "\x02update\x00\x06\x00\x00\x00tally", "\x02update\x00\x08\x00\x00\x00writers"} {
		for _, when := range []testserver.When{testserver.Before, testserver.AfterReply} {
			seq++
			rows += 2
			b := counted(seq, newPayment(fmt.Sprintf("b%02d", seq), 1), newPayment(fmt.Sprintf("c%02d", seq), 1))
			struck := proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(write), When: when})
			err := s.Update(t.Context(), b)
			<-struck
			want := store.ClassOutage
			if write[len(write)-1] == 's' {
				want = store.ClassUnknownCommit
			}
			wantClass(t, err, want, "the server closed the connection")
			if has := landed(t, s, seq); has != (want == store.ClassUnknownCommit && when == testserver.AfterReply) {
				t.Errorf("%q, %v: landed %v", write, when, has)
			}
			if err := store.Retry(t.Context(), s, b); err != nil {
				t.Errorf("%q, %v, again: %v", write, when, err)
			}
			wantPayments(t, s, rows)
			totals, err := s.Reader().Totals(t.Context())
			if err != nil || totals.Recorded != int64(rows) || totals.Duplicates != 0 || totals.Amount["BRL"].Decimal("BRL") != fmt.Sprintf("0.%02d", rows) {
				t.Errorf("%q, %v: totals %+v, error %v; want %d recorded", write, when, totals, err, rows)
			}
		}
	}
}

// TestStandaloneCrash is a recorder that dies in the middle of a batch: the next
// one finds the payments there. Nothing is lost or doubled, and the tally is
// what is given up.
func TestStandaloneCrash(t *testing.T) {
	t.Parallel()
	server := testserver.NewSecantusDB(t, testserver.Setting("standalone", ""))
	proxy := server.Proxy(t)
	s := migrated(t, at(server.URL("admin", "x"), proxy.Addr()), accepted)
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("\x02update\x00\x06\x00\x00\x00tally")})
	b := []store.Payment{newPayment("b", 1), newPayment("c", 1)}
	wantClass(t, s.Update(t.Context(), counted(2, b...)), store.ClassOutage, "")
	server.Kill(t)
	server.Start(t)
	next := open(t, server.URL("admin", "x"), accepted)
	if err := next.Update(t.Context(), countedBy("next", 1, b...)); err != nil {
		t.Fatal(err)
	}
	wantPayments(t, next, 3)
	totals, err := next.Reader().Totals(t.Context())
	if err != nil || totals.Recorded != 1 || totals.Duplicates != 2 {
		t.Errorf("totals %+v, error %v; want what is given up: one recorded, two duplicates", totals, err)
	}

	// And the server, under load.
	l := startLoad(t, migrated(t, server.URL("admin", "load"), accepted))
	server.Kill(t)
	time.Sleep(300 * time.Millisecond)
	server.Start(t)
	l.waitFor(t, 5, found)
	l.stop(t)
}

// plainRaces lets two writers record the same ids and hold the same
// entries, each redone when the other was first.
func plainRaces(t *testing.T, server *testserver.SecantusServer) {
	_, s := plainStore(t, server)
	storm(t, s)
}

// plainMove has two operators decide about one entry.
func plainMove(t *testing.T, server *testserver.SecantusServer) {
	_, s := plainStore(t, server)
	if err := s.Update(t.Context(), holding("bad")); err != nil {
		t.Fatal(err)
	}
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	id := page.Items[0].ID
	err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := moving(id, quarantine.Held, quarantine.Discarded)(ctx, tx); err != nil {
			return err
		}
		return s.Update(ctx, moving(id, quarantine.Held, quarantine.Redriven))
	})
	wantClass(t, err, store.ClassTransient, "somebody wrote the same meanwhile")
	lines, err := s.Reader().History(t.Context(), id)
	if err != nil || len(lines) != 2 || lines[1].To != quarantine.Redriven {
		t.Errorf("history %+v, error %v; want the move that was first", lines, err)
	}
}

// standalone reports whether the store warns of a server without transactions.
func standalone(t *testing.T, s *mongodb.Store) bool {
	t.Helper()
	notes, err := s.Notes(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return len(notes) == 1 && strings.Contains(notes[0], "no transactions")
}
