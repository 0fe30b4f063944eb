package mongodb_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

// behindProxy is a migrated database behind a proxy, and one payment in it.
func behindProxy(t *testing.T, o mongodb.Options) (*testserver.Proxy, *mongodb.Store) {
	t.Helper()
	server := testserver.SecantusDB(t)
	proxy := server.Proxy(t)
	s := migrated(t, at(server.URL("admin", server.Database(t)), proxy.Addr()), o)
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	return proxy, s
}

// cutCommits cuts the connection around so many commits, one after the other.
func cutCommits(p *testserver.Proxy, when testserver.When, times int) (struck []<-chan struct{}) {
	for skip := range times {
		struck = append(struck, p.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("commitTransaction"), When: when, Skip: skip}))
	}
	return struck
}

var cuts = []struct {
	name   string
	when   testserver.When
	landed func(rows int) bool
}{
	{"before the server has it", testserver.Before, func(int) bool { return false }},
	{"while the server has it", testserver.After, func(rows int) bool { return rows == 2 }},
	{"after the server has done it", testserver.AfterReply, func(int) bool { return true }},
}

// TestReplyToCommitLost cuts the connection around the commit, and around the
// driver's second one. The outcome is unknown to the store, and the claim tells
// it.
func TestReplyToCommitLost(t *testing.T) {
	t.Parallel()
	for _, c := range cuts {
		t.Run(c.name, func(t *testing.T) {
			proxy, s := behindProxy(t, mongodb.Options{})
			struck := cutCommits(proxy, c.when, 2)
			err := s.Update(t.Context(), counted(2, newPayment("b", 2)))
			wantClass(t, err, store.ClassUnknownCommit, "commit: the server closed the connection")
			<-struck[0]
			<-struck[1]
			has := landed(t, s, 2)
			page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
			if err != nil || has != c.landed(len(page.Items)) || has != (len(page.Items) == 2) {
				t.Errorf("landed: %v, with %d rows, error %v", has, len(page.Items), err)
			}
			if err := s.Update(t.Context(), counted(2, newPayment("b", 2))); err != nil {
				t.Errorf("run again: %v", err)
			}
			wantTwo(t, s)
		})
	}
}

func wantTwo(t *testing.T, s store.Store) {
	t.Helper()
	totals, err := s.Reader().Totals(t.Context())
	if err != nil || totals.Recorded != 2 || totals.Amount["BRL"].Decimal("BRL") != "0.03" {
		t.Errorf("totals %+v, error %v; want two of 0.03", totals, err)
	}
	wantPayments(t, s, 2)
}

// TestCommitSentAgain cuts it once: the driver sends the commit again, and
// nobody notices.
func TestCommitSentAgain(t *testing.T) {
	t.Parallel()
	for _, c := range cuts {
		t.Run(c.name, func(t *testing.T) {
			proxy, s := behindProxy(t, mongodb.Options{})
			struck := cutCommits(proxy, c.when, 1)
			if err := s.Update(t.Context(), counted(2, newPayment("b", 2))); err != nil {
				t.Errorf("commit: %v", err)
			}
			<-struck[0]
			wantTwo(t, s)
		})
	}
}

// TestServerForgetsTheCommit kills the server when it has committed and before
// it says so. After its restart it answers the driver's second commit with "no
// such transaction", which is not to be believed.
func TestServerForgetsTheCommit(t *testing.T) {
	t.Parallel()
	server := testserver.NewSecantusDB(t)
	proxy := server.Proxy(t)
	s := migrated(t, with(at(server.URL("admin", "x"), proxy.Addr()), "serverSelectionTimeoutMS", "20000"), mongodb.Options{CommitTimeout: 30 * time.Second})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	struck := cutCommits(proxy, testserver.AfterReply, 1)
	restarted := make(chan struct{})
	go func() {
		defer close(restarted)
		<-struck[0]
		proxy.Cut()
		server.Kill(t)
		server.Start(t)
		proxy.Restore()
	}()
	err := s.Update(t.Context(), counted(2, newPayment("b", 2)))
	<-restarted
	t.Logf("the second commit: %v", err)
	if err != nil { // it may have been faster than the cut
		wantClass(t, err, store.ClassUnknownCommit, "commit: ")
	}
	if !landed(t, s, 2) {
		t.Error("it did not land")
	}
	wantTwo(t, s)
}

// TestConnectionLostBeforeCommit is an outage: nothing can have been committed.
func TestConnectionLostBeforeCommit(t *testing.T) {
	t.Parallel()
	for _, when := range []testserver.When{testserver.Before, testserver.AfterReply} {
		proxy, s := behindProxy(t, mongodb.Options{})
		proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("insert\x00"), When: when})
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
	t.Parallel()
	proxy, s := behindProxy(t, mongodb.Options{Writers: 3})
	seq := int64(1)
	for range 3 {
		wantPayments(t, s, int(seq))
		proxy.Drop()
		seq++
		if err := s.Update(t.Context(), counted(seq, newPayment(string(rune('a'+seq)), 1))); err != nil {
			t.Errorf("the first transaction after it: %v", err)
		}
		wantPayments(t, s, int(seq))
	}
}

// TestHalfOpen has the server not hear the commit until much later: when the
// next transaction of the session has begun, and it is worth nothing any more.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	proxy, s := behindProxy(t, mongodb.Options{CommitTimeout: 300 * time.Millisecond})
	began := time.Now()
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		defer proxy.Stall(testserver.ToServer)
		return counted(2, newPayment("b", 2))(ctx, tx)
	})
	wantClass(t, err, store.ClassUnknownCommit, "no answer from the server")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("the commit was waited for %v", took)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wantClass(t, s.Update(ctx, counted(3)), store.ClassOutage, "context deadline exceeded")
	proxy.Restore()
	has := landed(t, s, 2)
	if err := store.Retry(t.Context(), s, counted(2, newPayment("b", 2))); err != nil {
		t.Errorf("run again, landed %v: %v", has, err)
	}
	wantTwo(t, s)
}

// TestCommitIsNotInterrupted has the caller lose patience when the commit is on
// its way already.
func TestCommitIsNotInterrupted(t *testing.T) {
	t.Parallel()
	proxy, s := behindProxy(t, mongodb.Options{})
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
	t.Parallel()
	_, s := behindProxy(t, mongodb.Options{})
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

// TestOrphanedTransaction leaves one open of which the server hears nothing any
// more. It would hold the writer's document for a minute.
func TestOrphanedTransaction(t *testing.T) {
	t.Parallel()
	proxy, s := behindProxy(t, mongodb.Options{Writers: 1})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Claim(ctx, store.Writer{ID: "w", StartedAt: day, SeenAt: day, Seq: 2}); err != nil {
			return err
		}
		proxy.Cut()
		_, err := tx.Record(ctx, []store.Payment{newPayment("b", 2)})
		return err
	})
	wantClass(t, err, store.ClassOutage, "")
	proxy.Restore()
	began := time.Now()
	if err := store.Retry(t.Context(), s, counted(2, newPayment("b", 2))); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("the next transaction waited %v for one that nobody ends", took)
	}
	wantTwo(t, s)
}
