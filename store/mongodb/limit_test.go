package mongodb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

// TestDocumentTooBig is more than MongoDB holds in one.
func TestDocumentTooBig(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	s := migrated(t, server.URL("admin", server.Database(t)), mongodb.Options{})
	p := newPayment("b", 1)
	p.Extra = bytes.Repeat([]byte("x"), 17<<20)
	err := s.Update(t.Context(), recording(newPayment("a", 1), p))
	wantClass(t, err, store.ClassTooBig, "too large")
	if len(err.Error()) > 200 {
		t.Errorf("an error of %d bytes", len(err.Error()))
	}
	wantPayments(t, s, 0)
}

// TestMoreThanOneMessage holds more than the 48 MB that one message may have:
// still one transaction.
func TestMoreThanOneMessage(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	s := migrated(t, server.URL("admin", server.Database(t)), mongodb.Options{})
	var bodies []string
	for i := range 52 {
		bodies = append(bodies, fmt.Sprintf("%02d", i)+strings.Repeat("x", 1<<20-2))
	}
	rolledBack := errors.New("rolled back")
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		return errors.Join(holding(bodies...)(ctx, tx), rolledBack)
	})
	if !errors.Is(err, rolledBack) || store.ClassOf(err) != store.ClassOutage {
		t.Errorf("error %v", err)
	}
	wantEntries(t, s, 0)
	if err := s.Update(t.Context(), holding(bodies...)); err != nil {
		t.Errorf("hold: %v", err)
	}
	wantEntries(t, s, len(bodies))
}

func wantEntries(t *testing.T, s store.Store, want int) {
	t.Helper()
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{WithoutBody: true})
	if err != nil || len(page.Items) != want {
		t.Errorf("%d entries, error %v; want %d", len(page.Items), err, want)
	}
}

// TestContextEndsAStatement also leaves nothing behind.
func TestContextEndsAStatement(t *testing.T) {
	t.Parallel()
	proxy, s := behindProxy(t, mongodb.Options{})
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Claim(ctx, store.Writer{ID: "w", StartedAt: day, SeenAt: day, Seq: 2}); err != nil {
			return err
		}
		proxy.Stall(testserver.ToClient)
		return recording(newPayment("b", 1))(ctx, tx)
	})
	wantClass(t, err, store.ClassOutage, "look 1 payments up: context deadline exceeded")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not say that the deadline passed", err)
	}
	proxy.Restore()
	if err := store.Retry(t.Context(), s, counted(2, newPayment("b", 2))); err != nil {
		t.Errorf("again: %v", err)
	}
	wantTwo(t, s)
}

// TestTooManyAtOnce waits for its turn, no longer than it is allowed to.
func TestTooManyAtOnce(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	s := migrated(t, server.URL("admin", server.Database(t)), mongodb.Options{Writers: 1})
	err := s.Update(t.Context(), func(context.Context, store.Tx) error {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		return s.Update(ctx, counted(1))
	})
	wantClass(t, err, store.ClassOutage, "begin: context deadline exceeded")
}
