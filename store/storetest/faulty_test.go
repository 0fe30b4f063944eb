package storetest_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"recibo/payment"
	"recibo/store"
	"recibo/store/storetest"
)

func TestFaultyWithoutFaultsConforms(t *testing.T) {
	storetest.Run(t, storetest.Harness{Open: func(testing.TB) store.Store { return storetest.NewFaulty(storetest.NewMemory()) }})
}

// recordIDs returns a transaction that records a payment for each id.
func recordIDs(ids ...string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		var ps []store.Payment
		for _, id := range ids {
			ps = append(ps, store.Payment{Event: payment.Event{TransactionID: id, Amount: payment.Money{Minor: 1, Currency: "BRL"}}})
		}
		_, err := tx.Record(ctx, ps)
		return err
	}
}

func count(t *testing.T, s store.Store) int {
	t.Helper()
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if err != nil {
		t.Fatal(err)
	}
	return len(page.Items)
}

func TestFaults(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(*storetest.Faulty)
		class   store.Class
		stored  int // after the Update that failed
	}{
		{"fail", func(f *storetest.Faulty) { f.FailNext(1, store.ClassTransient) }, store.ClassTransient, 0},
		{"reply lost", func(f *storetest.Faulty) { f.LoseReplies(1) }, store.ClassUnknownCommit, 2},
		{"commit lost", func(f *storetest.Faulty) { f.LoseCommits(1) }, store.ClassUnknownCommit, 0},
		{"refused", func(f *storetest.Faulty) {
			f.RefusePayments(func(p *store.Payment) string { return strings.Repeat("no b", strings.Count(p.TransactionID, "b")) })
		}, store.ClassData, 0},
		{"too big", func(f *storetest.Faulty) { f.RefuseAbove(1, store.ClassTooBig) }, store.ClassTooBig, 0},
		{"too slow", func(f *storetest.Faulty) { f.RefuseAbove(1, store.ClassTooSlow) }, store.ClassTooSlow, 0},
		{"hook before", func(f *storetest.Faulty) {
			f.Hook(storetest.Hooks{Before: func(context.Context) error { return injectedTransient }})
		}, store.ClassTransient, 0},
		{"hook inside", func(f *storetest.Faulty) {
			f.Hook(storetest.Hooks{Inside: func(context.Context, store.Tx) error { return injectedTransient }})
		}, store.ClassTransient, 0},
		{"hook after", func(f *storetest.Faulty) {
			f.Hook(storetest.Hooks{After: func(error) error { return injectedTransient }})
		}, store.ClassTransient, 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			memory := storetest.NewMemory()
			f := storetest.NewFaulty(memory)
			c.arrange(f)
			err := f.Update(t.Context(), recordIDs("a", "b"))
			if err == nil || store.ClassOf(err) != c.class {
				t.Errorf("error %v of class %s, want %s", err, store.ClassOf(err), c.class)
			}
			if got := count(t, memory); got != c.stored {
				t.Errorf("%d payments, want %d", got, c.stored)
			}
			f.Hook(storetest.Hooks{})
			f.RefusePayments(nil)
			f.RefuseAbove(0, 0)
			if err := f.Update(t.Context(), recordIDs("a", "b")); err != nil {
				t.Errorf("the next one: %v", err)
			}
			if f.Attempts() != 2 {
				t.Errorf("%d attempts, want 2", f.Attempts())
			}
		})
	}
}

var injectedTransient = &store.Error{Class: store.ClassTransient, Op: "hook", Err: errors.New("deadlock")}

func TestFaultyDownAndUp(t *testing.T) {
	f := storetest.NewFaulty(storetest.NewMemory())
	outage := func(what string, err error) {
		t.Helper()
		if err == nil || store.ClassOf(err) != store.ClassOutage || !strings.Contains(err.Error(), "no route") {
			t.Errorf("%s: %v, want an outage", what, err)
		}
	}
	outage("goes down inside", f.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		f.Down("no route")
		return recordIDs("a")(ctx, tx)
	}))
	outage("update", f.Update(t.Context(), recordIDs("a")))
	outage("check", f.Check(t.Context()))
	_, err := f.Reader().Totals(t.Context())
	outage("totals", err)
	_, err = f.Reader().Payments(t.Context(), store.PaymentQuery{})
	outage("payments", err)
	f.Up()
	if err := errors.Join(f.Check(t.Context()), f.Update(t.Context(), recordIDs("a"))); err != nil {
		t.Errorf("after Up: %v", err)
	}
	if got := count(t, f); got != 1 {
		t.Errorf("%d payments, want 1", got)
	}
}

// TestMemoryInABubble has two transactions wait for each other's time to pass.
func TestMemoryInABubble(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := storetest.NewMemory()
		began := time.Now()
		slow := func(id string) func(context.Context, store.Tx) error {
			return func(ctx context.Context, tx store.Tx) error {
				time.Sleep(time.Hour)
				return recordIDs(id)(ctx, tx)
			}
		}
		errs := make(chan error, 2)
		go func() { errs <- m.Update(t.Context(), slow("a")) }()
		go func() { errs <- m.Update(t.Context(), slow("b")) }()
		if err := errors.Join(<-errs, <-errs); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took != 2*time.Hour {
			t.Errorf("two transactions of an hour took %s: they did not wait for each other", took)
		}
		if got := count(t, m); got != 2 {
			t.Errorf("%d payments, want 2", got)
		}
	})
}

func TestMemoryUpdateStopsWaiting(t *testing.T) {
	m := storetest.NewMemory()
	ctx, cancel := context.WithCancel(t.Context())
	err := m.Update(t.Context(), func(context.Context, store.Tx) error {
		cancel()
		err := m.Update(ctx, recordIDs("a"))
		if !errors.Is(err, context.Canceled) || store.ClassOf(err) != store.ClassOutage {
			t.Errorf("%v of class %s, want an outage for the ended context", err, store.ClassOf(err))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
