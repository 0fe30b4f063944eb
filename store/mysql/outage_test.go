package mysql_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// load records without an end, as a recorder does: each transaction again until
// it is committed.
type load struct {
	store  *mysql.Store
	seq    atomic.Int64 // transactions that are committed
	failed atomic.Int64 // attempts that were not
	cancel context.CancelFunc
	done   chan error
}

func startLoad(t *testing.T, s *mysql.Store) *load {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	l := &load{store: s, cancel: cancel, done: make(chan error, 1)}
	go func() { l.done <- l.run(ctx) }()
	l.waitFor(t, 3, 10*time.Second)
	return l
}

// run waits between attempts as the recorder does.
func (l *load) run(ctx context.Context) error {
	for ctx.Err() == nil {
		seq := l.seq.Load() + 1
		batch := counted(seq, newPayment(fmt.Sprintf("id-%06d", seq), 1))
		waits := store.Backoff()
		for {
			attempt, cancel := context.WithTimeout(ctx, 30*time.Second)
			err := l.store.Update(attempt, batch)
			cancel()
			if err == nil {
				break
			}
			l.failed.Add(1)
			switch store.ClassOf(err) {
			case store.ClassData, store.ClassTooBig, store.ClassTransient:
				return fmt.Errorf("an outage is taken for something else: %w", err)
			}
			select {
			case <-time.After(waits.NextBackOff()):
			case <-ctx.Done():
				return nil
			}
		}
		l.seq.Store(seq)
	}
	return nil
}

// waitFor waits until so many more transactions are committed, and returns how
// long the first of them took.
func (l *load) waitFor(t *testing.T, more int64, within time.Duration) time.Duration {
	t.Helper()
	began, from := time.Now(), l.seq.Load()
	var first time.Duration
	for l.seq.Load() < from+more {
		if first == 0 && l.seq.Load() > from {
			first = time.Since(began)
		}
		if time.Since(began) > within {
			t.Fatalf("%d of %d transactions within %v", l.seq.Load()-from, more, within)
		}
		time.Sleep(5 * time.Millisecond)
	}
	return first
}

// stop ends the load. Every transaction that was reported stands, once, and is
// counted once; of the one that was running either all or nothing.
func (l *load) stop(t *testing.T) {
	t.Helper()
	l.cancel()
	if err := <-l.done; err != nil {
		t.Error(err)
	}
	totals, err := l.store.Reader().Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(0)
	for after := ""; ; {
		page, err := l.store.Reader().Payments(t.Context(), store.PaymentQuery{Order: store.ByID, After: after})
		if err != nil {
			t.Fatal(err)
		}
		rows += int64(len(page.Items))
		if after = page.Next; after == "" {
			break
		}
	}
	seq := l.seq.Load()
	if rows != totals.Recorded || rows < seq || rows > seq+1 {
		t.Errorf("%d rows, %d tallied, %d reported", rows, totals.Recorded, seq)
	}
}

// found is how soon after a server answers again the store must have noticed.
const found = 5 * time.Second

func TestServerStoppedAndKilled(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	l := startLoad(t, s)
	for name, end := range map[string]func(testing.TB){"stop": server.Stop, "kill -9": server.Kill} {
		end(t)
		time.Sleep(700 * time.Millisecond)
		server.Start(t)
		t.Logf("%s: found again after %v, %d attempts failed", name, l.waitFor(t, 5, found), l.failed.Swap(0))
	}
	l.stop(t)
}

func TestServerFrozen(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{CommitTimeout: time.Second})
	l := startLoad(t, s)
	server.Freeze(t)
	time.Sleep(2500 * time.Millisecond)
	server.Thaw(t)
	t.Logf("found again after %v, %d attempts failed", l.waitFor(t, 5, found), l.failed.Load())
	l.stop(t)
}

// TestFrozenInCommit freezes the server between the last statement and COMMIT.
func TestFrozenInCommit(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{CommitTimeout: 300 * time.Millisecond})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		err := counted(2, newPayment("b", 1))(ctx, tx)
		server.Freeze(t)
		began = time.Now()
		return err
	})
	wantClass(t, err, store.ClassUnknownCommit, "no answer from the server")
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("the commit was waited for %v", took)
	}
	server.Thaw(t)
	// It had COMMIT before it, or was ended first, for it stood in a transaction
	// that nobody spoke for: either way the claim tells, and the same again makes
	// two payments.
	if landed(t, s, 2) {
		wantPayments(t, s, 2)
		return
	}
	wantPayments(t, s, 1)
	if err := s.Update(t.Context(), counted(2, newPayment("b", 1))); err != nil {
		t.Error(err)
	}
	wantPayments(t, s, 2)
}

// TestNetworkCut has the way to the server go and come back.
func TestNetworkCut(t *testing.T) {
	t.Parallel()
	server := testserver.MariaDB(t)
	proxy := server.Proxy(t)
	s := migrated(t, at(server.URL("root", server.Database(t)), proxy.Addr()), mysql.Options{})
	l := startLoad(t, s)
	proxy.Cut()
	time.Sleep(1500 * time.Millisecond)
	proxy.Restore()
	t.Logf("found again after %v", l.waitFor(t, 5, found))
	for range 3 { // connections that are reset are no outage that lasts
		l.failed.Store(0)
		proxy.Drop()
		l.waitFor(t, 20, found)
		if failed := l.failed.Load(); failed > 1 {
			t.Errorf("%d attempts failed when connections were reset", failed)
		}
	}
	l.stop(t)
}

// TestOrphanedTransaction has a connection end of which the server does not
// hear. Its transaction would hold the writer's row for a minute.
func TestOrphanedTransaction(t *testing.T) {
	t.Parallel()
	server := testserver.MariaDB(t)
	way := newDetour(t, server.Addr(), "127.0.0.1:0")
	s := migrated(t, at(server.URL("root", server.Database(t)), way.addr), mysql.Options{Writers: 1})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 500*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Claim(ctx, store.Writer{ID: "w", StartedAt: day, SeenAt: day, Seq: 2}); err != nil {
			return err
		}
		way.orphan()
		_, err := tx.Record(ctx, []store.Payment{newPayment("b", 1)})
		return err
	})
	wantClass(t, err, store.ClassOutage, "context deadline exceeded")
	began := time.Now()
	if err := s.Update(t.Context(), counted(2, newPayment("b", 1))); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > found {
		t.Errorf("the next transaction waited %v for one that nobody ends", took)
	}
	wantPayments(t, s, 2)
}

// TestForgottenIdleConnection has a connection that lay idle lead nowhere any
// more, as firewalls do with what is silent for long.
func TestForgottenIdleConnection(t *testing.T) {
	t.Parallel()
	server := testserver.MariaDB(t)
	way := newDetour(t, server.Addr(), "127.0.0.1:0")
	s := migrated(t, at(server.URL("root", server.Database(t)), way.addr), mysql.Options{})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	wantPayments(t, s, 1)
	way.orphan()
	time.Sleep(1200 * time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), found)
	defer cancel()
	if err := s.Update(ctx, counted(2, newPayment("b", 1))); err != nil {
		t.Errorf("the first transaction after a pause: %v", err)
	}
	if _, err := s.Reader().Totals(ctx); err != nil {
		t.Errorf("the first question after a pause: %v", err)
	}
}
