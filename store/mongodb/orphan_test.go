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

// TestKilledRecorderLeavesATransaction: a recorder has gone in the middle of its
// first transaction, which the server keeps with the payment that it wrote. The
// next recorder waits for a second, not for a minute; one that lives at the same
// time runs its transaction again.
func TestKilledRecorderLeavesATransaction(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	address := server.URL("admin", server.Database(t))
	proxy := server.Proxy(t)
	next := migrated(t, address, mongodb.Options{Writers: 1})
	gone := open(t, at(address, proxy.Addr()), mongodb.Options{Writers: 1})
	errGone := errors.New("killed")
	err := gone.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := countedBy("gone", 1, newPayment("a", 1))(ctx, tx); err != nil {
			t.Error(err)
		}
		proxy.Cut() // nothing more is heard of it
		return errGone
	})
	if !errors.Is(err, errGone) {
		t.Fatalf("got %v", err)
	}
	live := open(t, address, mongodb.Options{Writers: 1})
	began := time.Now()
	conflicts := 0
	for {
		err := next.Update(t.Context(), countedBy("next", 1, newPayment("a", 1)))
		if err == nil {
			break
		}
		wantClass(t, err, store.ClassTransient, "")
		conflicts++
		if time.Since(began) > 20*time.Second {
			t.Fatal("still in conflict")
		}
		if err := store.Retry(t.Context(), live, countedBy("live", int64(conflicts), newPayment(time.Now().String(), 1))); err != nil {
			t.Errorf("one that lives: %v", err)
		}
		time.Sleep(50 * time.Millisecond)
	}
	if conflicts == 0 {
		t.Error("there was no conflict: this test proves nothing")
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("recorded after %v", took)
	}
	wantPayments(t, next, conflicts+1)
}
