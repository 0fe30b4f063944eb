package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// behindProxy is a migrated database behind a proxy, and one payment in it.
func behindProxy(t *testing.T, o mysql.Options) (*testserver.MariaDBServer, *testserver.Proxy, string, *mysql.Store) {
	t.Helper()
	server := testserver.MariaDB(t)
	proxy := server.Proxy(t)
	database := server.Database(t)
	s := migrated(t, with(at(server.URL("root", database), proxy.Addr()), "connect-timeout", "1"), o)
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	return server, proxy, database, s
}

// TestReplyToCommitLost cuts the connection around COMMIT. The outcome is
// unknown to the store, and the claim tells it.
func TestReplyToCommitLost(t *testing.T) {
	for _, c := range []struct {
		name   string
		when   testserver.When
		landed func(rows int) bool
	}{
		{"before the server has it", testserver.Before, func(int) bool { return false }},
		{"while the server has it", testserver.After, func(rows int) bool { return rows == 2 }},
		{"after the server has done it", testserver.AfterReply, func(int) bool { return true }},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, proxy, _, s := behindProxy(t, mysql.Options{})
			struck := proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("commit"), When: c.when})
			err := s.Update(t.Context(), counted(2, newPayment("b", 2)))
			wantClass(t, err, store.ClassUnknownCommit, "")
			<-struck
			has := landed(t, s, 2)
			page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
			if err != nil || has != c.landed(len(page.Items)) || has != (len(page.Items) == 2) {
				t.Errorf("landed: %v, with %d rows, error %v", has, len(page.Items), err)
			}
			if err := s.Update(t.Context(), counted(2, newPayment("b", 2))); err != nil {
				t.Errorf("run again: %v", err)
			}
			totals, err := s.Reader().Totals(t.Context())
			if err != nil || totals.Recorded != 2 || totals.Amount["BRL"].Decimal("BRL") != "0.03" {
				t.Errorf("totals %+v, error %v; want two of 0.03", totals, err)
			}
			wantPayments(t, s, 2)
		})
	}
}

// TestReplyLostToAWholeTransaction sends all of a transaction at once, COMMIT
// included, on a connection that lay idle: it must not be taken for a dead one,
// and sent again.
func TestReplyLostToAWholeTransaction(t *testing.T) {
	_, proxy, _, s := behindProxy(t, mysql.Options{})
	proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("commit"), When: testserver.AfterReply})
	key := store.TallyKey{Writer: "w", Hour: day.Truncate(time.Hour), Fate: store.FateRecorded, Currency: "BRL", Method: "pix"}
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return tx.Tally(ctx, []store.TallyLine{{TallyKey: key, Count: 5}})
	})
	wantClass(t, err, store.ClassUnknownCommit, "commit: the server closed the connection")
	if totals, err := s.Reader().Totals(t.Context()); err != nil || totals.Recorded != 1+5 {
		t.Errorf("%d recorded, error %v; want 6", totals.Recorded, err)
	}
}

// TestRoundTrips counts them, on a slow way: claim, record, and the rest.
func TestRoundTrips(t *testing.T) {
	_, proxy, _, s := behindProxy(t, mysql.Options{})
	if err := s.Update(t.Context(), counted(2, newPayment("b", 2))); err != nil { // prepares what it needs
		t.Fatal(err)
	}
	const oneWay = 50 * time.Millisecond
	proxy.Delay(oneWay)
	least := int64(100)
	for seq := int64(3); seq < 8 && least > 3; seq++ { // again when the machine was slow
		began := time.Now()
		if err := s.Update(t.Context(), counted(seq, newPayment(fmt.Sprint(seq), 2))); err != nil {
			t.Fatal(err)
		}
		least = min(least, time.Since(began).Milliseconds()/(2*oneWay).Milliseconds())
	}
	if least != 3 {
		t.Errorf("%d round trips, want 3", least)
	}
	proxy.Restore()
}

// TestConnectionLostBeforeCommit is an outage: nothing can have been committed.
func TestConnectionLostBeforeCommit(t *testing.T) {
	for _, when := range []testserver.When{testserver.Before, testserver.AfterReply} {
		_, proxy, _, s := behindProxy(t, mysql.Options{})
		proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("INSERT INTO payments"), When: when})
		err := s.Update(t.Context(), counted(2, newPayment("b", 2)))
		wantClass(t, err, store.ClassOutage, "record 1 payments: the server closed the connection")
		if landed(t, s, 2) {
			t.Error("it landed")
		}
		wantPayments(t, s, 1)
	}
}

// TestDeadIdleConnections costs nobody anything: not one transaction fails, nor
// one question.
func TestDeadIdleConnections(t *testing.T) {
	server, proxy, database, s := behindProxy(t, mysql.Options{Writers: 3})
	seq := int64(1)
	for _, harm := range []func(){
		proxy.Drop,
		func() { proxy.Cut(); proxy.Restore() },
		func() {
			killAll(t, server, "DB = '"+database+"'")
		},
	} {
		// Three idle connections that write, and some that read.
		nested := func(context.Context, store.Tx) error {
			return s.Update(t.Context(), func(context.Context, store.Tx) error {
				return s.Update(t.Context(), recording())
			})
		}
		if err := s.Update(t.Context(), nested); err != nil {
			t.Fatal(err)
		}
		wantPayments(t, s, int(seq))
		harm()
		seq++
		if err := s.Update(t.Context(), counted(seq, newPayment(string(rune('a'+seq)), 1))); err != nil {
			t.Errorf("the first transaction after it: %v", err)
		}
		wantPayments(t, s, int(seq))
	}
}

// TestHalfOpen has the server not hear the COMMIT until much later.
func TestHalfOpen(t *testing.T) {
	_, proxy, _, s := behindProxy(t, mysql.Options{CommitTimeout: 300 * time.Millisecond})
	began := time.Now()
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		defer proxy.Stall(testserver.ToServer)
		return counted(2, newPayment("b", 2))(ctx, tx)
	})
	wantClass(t, err, store.ClassUnknownCommit, "no answer from the server")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the commit was waited for %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	wantClass(t, s.Update(ctx, counted(3)), store.ClassOutage, "connect: no answer in time")
	proxy.Restore()
	if !landed(t, s, 2) { // it arrived in the end, and the claim waited for it
		t.Error("the commit is lost")
	}
	wantPayments(t, s, 2)
}

// TestCommitIsNotInterrupted has the caller lose patience when COMMIT is on its
// way already.
func TestCommitIsNotInterrupted(t *testing.T) {
	_, proxy, _, s := behindProxy(t, mysql.Options{})
	proxy.Delay(200 * time.Millisecond)
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		err := counted(2, newPayment("b", 2))(ctx, tx)
		time.AfterFunc(100*time.Millisecond, cancel)
		return err
	})
	proxy.Restore()
	if err != nil || ctx.Err() == nil {
		t.Errorf("commit: %v, context: %v", err, ctx.Err())
	}
	wantPayments(t, s, 2)
}

// TestContextEndedBeforeCommit leaves nothing behind.
func TestContextEndedBeforeCommit(t *testing.T) {
	_, _, _, s := behindProxy(t, mysql.Options{})
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		err := counted(2, newPayment("b", 2))(ctx, tx)
		cancel()
		return err
	})
	wantClass(t, err, store.ClassOutage, "commit: context canceled")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v is not the context's error", err)
	}
	wantPayments(t, s, 1)
}
