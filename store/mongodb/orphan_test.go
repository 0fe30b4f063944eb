package mongodb_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mongodb"
)

// leaves is what a process was doing when it was killed, and the same by
// another one.
type leaves struct {
	name       string
	gone, next func(context.Context, store.Tx) error
	check      func(testing.TB, store.Store)
}

func allLeaves(entryID string) []leaves {
	var gone, next store.Kind
	return []leaves{
		{"payment", countedBy("gone", 1, newPayment("a", 1)), countedBy("next", 1, newPayment("a", 1)), func(t testing.TB, s store.Store) {
			if page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{IDs: []string{"a"}}); err != nil || len(page.Items) != 1 {
				t.Errorf("%d payments, error %v; want one", len(page.Items), err)
			}
		}},
		{"control total", controlling("gone", 1, "p", &gone), controlling("next", 1, "p", &next), func(t testing.TB, _ store.Store) {
			if next != store.Recorded {
				t.Errorf("kind %d, want recorded", next)
			}
		}},
		{"redrive", redriving("run", 2, entryID), redriving("run", 2, entryID), func(t testing.TB, s store.Store) {
			if totals, err := s.Reader().Totals(t.Context()); err != nil || totals.States[quarantine.Redriven] != 1 || seqOf(t, s, "run") != 2 {
				t.Errorf("totals %+v, error %v; want one redriven", totals, err)
			}
		}},
	}
}

// TestKilledRecorderLeavesATransaction: a process has gone in the middle of its
// first transaction, which the server keeps with what it wrote. The next one
// waits for a second, not for a minute; one that lives at the same time runs its
// transaction again.
func TestKilledRecorderLeavesATransaction(t *testing.T) {
	t.Parallel()
	for i, l := range allLeaves("") {
		t.Run(l.name, func(t *testing.T) {
			t.Parallel()
			server := testserver.SecantusDB(t)
			address := server.URL("admin", server.Database(t))
			next := migrated(t, address, mongodb.Options{Writers: 1})
			for _, fn := range []func(context.Context, store.Tx) error{holding("bad"), redriving("run", 1)} {
				if err := next.Update(t.Context(), fn); err != nil {
					t.Fatal(err)
				}
			}
			l := allLeaves(heldIDs(t, next)[0])[i]
			leave(t, server, address, l.gone)
			resume(t, open(t, address, mongodb.Options{Writers: 1}), next, l.next)
			l.check(t, next)
		})
	}
}

// leave leaves a transaction open of which the server hears nothing any more.
func leave(t *testing.T, server *testserver.SecantusServer, address string, fn func(context.Context, store.Tx) error) {
	t.Helper()
	proxy := server.Proxy(t)
	gone := open(t, at(address, proxy.Addr()), mongodb.Options{Writers: 1})
	errGone := errors.New("killed")
	err := gone.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := fn(ctx, tx); err != nil {
			t.Error(err)
		}
		proxy.Cut()
		return errGone
	})
	if !errors.Is(err, errGone) {
		t.Fatalf("got %v", err)
	}
}

// resume runs fn until it is done, and something else on the store that lives
// in between.
func resume(t *testing.T, live, next *mongodb.Store, fn func(context.Context, store.Tx) error) {
	t.Helper()
	began := time.Now()
	conflicts := 0
	for {
		err := next.Update(t.Context(), fn)
		if err == nil {
			break
		}
		wantClass(t, err, store.ClassTransient, "")
		conflicts++
		if time.Since(began) > 45*time.Second {
			t.Fatal("still in conflict")
		}
		if err := store.Retry(t.Context(), live, countedBy("live", int64(conflicts), newPayment(fmt.Sprintf("live-%03d", conflicts), 1))); err != nil {
			t.Errorf("one that lives: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if conflicts == 0 {
		t.Error("there was no conflict: this test proves nothing")
	}
	if took := time.Since(began); took > 30*time.Second {
		t.Errorf("went on after %v", took)
	}
}
