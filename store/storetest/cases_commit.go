package storetest

import (
	"context"
	"errors"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

var commitCases = []Case{
	{"an error of the function leaves nothing behind", on(checkRollback)},
	{"the function's own error comes back", on(checkOwnError)},
	{"a panic leaves nothing behind", on(checkPanic)},
	{"a store works on after a rollback", on(checkAfterRollback)},
	{"what is not committed is not seen", on(checkIsolation)},
	{"a transaction sees its own writes", on(checkOwnWrites)},
	{"an ended context ends the transaction", on(checkContext)},
	{"migrating twice changes nothing", on(checkMigrateTwice)},
	{"what is committed outlives the store", checkReopen},
}

var errOwn = errors.New("the function's own")

// writeAll writes one of everything.
func writeAll(ctx context.Context, tx store.Tx) error {
	if _, err := tx.Claim(ctx, newWriter("w1", 1)); err != nil {
		return err
	}
	if _, err := tx.Record(ctx, []store.Payment{newPayment("a", 15075)}); err != nil {
		return err
	}
	if _, err := store.Controls(tx).Control(ctx, []store.Control{newControl("p1", 0)}); err != nil {
		return err
	}
	if err := tx.Quarantine(ctx, []quarantine.Entry{newEntry(quarantine.Invalid, "bad", start)}); err != nil {
		return err
	}
	if err := tx.Tally(ctx, []store.TallyLine{recordedLine("w1", 1, 15075)}); err != nil {
		return err
	}
	return tx.Outage(ctx, store.Outage{ID: "o1", Recorder: "r1", Component: store.QueueComponent, Target: "nats://q", BeganAt: start, SeenAt: start})
}

func wantNothing(t testing.TB, s store.Store) {
	t.Helper()
	same(t, "totals", store.Totals{}, totals(t, s))
	ps, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if err != nil || len(ps.Items) != 0 {
		t.Errorf("%d payments, error %v", len(ps.Items), err)
	}
	es, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil || len(es.Items) != 0 {
		t.Errorf("%d entries, error %v", len(es.Items), err)
	}
	if cs := controlPage(t, s, store.ControlQuery{}).Items; len(cs) != 0 {
		t.Errorf("%d control totals", len(cs))
	}
	id := newEntry(quarantine.Invalid, "bad", start).ID
	if lines := history(t, s, id); len(lines) != 0 {
		t.Errorf("%d lines of history", len(lines))
	}
}

func wantEverything(t testing.TB, s store.Store) {
	t.Helper()
	same(t, "payment", newPayment("a", 15075), readPayment(t, s, "a"))
	same(t, "control total", newControl("p1", 0), readControl(t, s, newControl("p1", 0).Window))
	entry := newEntry(quarantine.Invalid, "bad", start)
	same(t, "entry", entry, readEntry(t, s, entry.ID))
	if lines := history(t, s, entry.ID); len(lines) != 1 {
		t.Errorf("%d lines of history, want 1", len(lines))
	}
	sums := totals(t, s)
	if sums.Recorded != 1 || sums.Outages != 1 || sums.OutagesOpen != 1 {
		t.Errorf("totals %+v, want one of each", sums)
	}
}

func checkRollback(t testing.TB, s store.Store) {
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := writeAll(ctx, tx); err != nil {
			return err
		}
		return errOwn
	})
	if !errors.Is(err, errOwn) {
		t.Errorf("error %v, want the function's own", err)
	}
	wantNothing(t, s)
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		landed, err := tx.Claim(ctx, newWriter("w1", 1))
		if landed {
			t.Error("a claim that was rolled back counts as landed")
		}
		return err
	})
}

func checkOwnError(t testing.TB, s store.Store) {
	err := s.Update(t.Context(), func(context.Context, store.Tx) error { return errOwn })
	if !errors.Is(err, errOwn) {
		t.Errorf("error %v, want the function's own", err)
	}
	if _, ok := errors.AsType[*store.Error](err); ok {
		t.Errorf("the function's own error was classified as %s", store.ClassOf(err))
	}
}

func checkPanic(t testing.TB, s store.Store) {
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_ = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			if err := writeAll(ctx, tx); err != nil {
				t.Errorf("write: %v", err)
			}
			panic("in the middle")
		})
	}()
	wantNothing(t, s)
	update(t, s, writeAll)
	wantEverything(t, s)
}

func checkAfterRollback(t testing.TB, s store.Store) {
	for range 5 {
		_ = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
			return errors.Join(writeAll(ctx, tx), errOwn)
		})
	}
	update(t, s, writeAll)
	wantEverything(t, s)
}

func checkIsolation(t testing.TB, s store.Store) {
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		if err := writeAll(ctx, tx); err != nil {
			return err
		}
		wantNothing(t, s)
		return nil
	})
	wantEverything(t, s)
}

func checkOwnWrites(t testing.TB, s store.Store) {
	entry := newEntry(quarantine.Invalid, "bad", start)
	update(t, s, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)}); err != nil {
			return err
		}
		os, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)})
		if err != nil || os[0].Kind != store.Duplicate {
			t.Errorf("recorded again in one transaction: %v, error %v", os, err)
		}
		if err := tx.Quarantine(ctx, []quarantine.Entry{entry}); err != nil {
			return err
		}
		done, err := tx.Transition(ctx, []quarantine.Transition{
			{EntryID: entry.ID, From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator, Actor: "ana", At: at(time.Minute)}})
		if err != nil || !done[0] {
			t.Errorf("transition of an entry of this transaction: %v, error %v", done, err)
		}
		return nil
	})
	if got := readEntry(t, s, entry.ID).State; got != quarantine.Discarded {
		t.Errorf("state %s, want discarded", got)
	}
}

func checkContext(t testing.TB, s store.Store) {
	ctx, cancel := context.WithCancel(t.Context())
	err := s.Update(ctx, func(ctx context.Context, tx store.Tx) error {
		err := writeAll(ctx, tx)
		cancel()
		return errors.Join(err, ctx.Err())
	})
	if err == nil {
		t.Error("no error after the context ended")
	}
	wantNothing(t, s)
	if err := s.Update(ctx, writeAll); err == nil || store.ClassOf(err) != store.ClassOutage {
		t.Errorf("a transaction under an ended context: %v of class %s, want an outage", err, store.ClassOf(err))
	}
	wantNothing(t, s)
	update(t, s, writeAll)
	wantEverything(t, s)
}

func checkMigrateTwice(t testing.TB, s store.Store) {
	update(t, s, writeAll)
	for range 2 {
		if err := s.Migrate(t.Context()); err != nil {
			t.Fatalf("migrate: %v", err)
		}
		if err := s.Check(t.Context()); err != nil {
			t.Fatalf("check: %v", err)
		}
	}
	wantEverything(t, s)
}

func checkReopen(t testing.TB, h Harness) {
	if h.Reopen == nil {
		t.Skip("declared trait: the database cannot be opened again")
	}
	s := h.Open(t)
	update(t, s, writeAll)
	s = h.Reopen(t, s)
	wantEverything(t, s)
	if o := record(t, s, newPayment("a", 15075))[0]; o.Kind != store.Duplicate {
		t.Errorf("kind %d after reopening, want duplicate", o.Kind)
	}
}
