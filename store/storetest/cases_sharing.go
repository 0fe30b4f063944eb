package storetest

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

var sharingCases = []Case{
	{"transactions at once lose no tally and write no id twice", on(checkAtOnce)},
	{"readers and writers at once", on(checkReadWhileWriting)},
	{"limits are usable", on(checkLimits)},
}

const (
	goroutines = 4
	rounds     = 15
)

// checkAtOnce lets several writers record overlapping ids, hold the same
// entry and count what they did.
func checkAtOnce(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Malformed, "shared", start)
	errs := make(chan error, goroutines)
	var wg sync.WaitGroup
	for g := range goroutines {
		wg.Go(func() {
			for round := range rounds {
				if err := store.Retry(t.Context(), s, batchOf(g, round, e)); err != nil {
					errs <- fmt.Errorf("writer %d, round %d: %w", g, round, err)
					return
				}
			}
		})
	}
	wg.Wait()
	close(errs)
	for err := range errs {
		t.Error(err)
	}
	got := totals(t, s)
	if unique := int64(rounds + 9); got.Recorded != unique || got.Amount["BRL"] != sum(unique) {
		t.Errorf("%d recorded, %s; want %d", got.Recorded, got.Amount["BRL"].Decimal("BRL"), unique)
	}
	if all := int64(goroutines * rounds * 10); got.Recorded+got.Duplicates != all {
		t.Errorf("%d recorded and %d duplicates of %d", got.Recorded, got.Duplicates, all)
	}
	if seen := readEntry(t, s, e.ID).Seen; seen != goroutines*rounds {
		t.Errorf("the shared entry was seen %d times, want %d", seen, goroutines*rounds)
	}
}

// batchOf records ten payments of one centavo, nine of which the round before
// had too, in all writers alike.
func batchOf(g, round int, e quarantine.Entry) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		writer := fmt.Sprintf("w%d", g)
		landed, err := tx.Claim(ctx, newWriter(writer, int64(round+1)))
		if err != nil || landed {
			return err
		}
		var ps []store.Payment
		for i := range 10 {
			ps = append(ps, newPayment(fmt.Sprintf("id-%03d", round+i), 1))
		}
		outcomes, err := tx.Record(ctx, ps)
		if err != nil {
			return err
		}
		if err := tx.Quarantine(ctx, []quarantine.Entry{e}); err != nil {
			return err
		}
		recorded := int64(0)
		for _, o := range outcomes {
			if o.Kind == store.Recorded {
				recorded++
			}
		}
		return tx.Tally(ctx, sortLines([]store.TallyLine{
			recordedLine(writer, recorded, recorded),
			line(writer, store.FateDuplicate, "", "BRL", "pix", 10-recorded, payment.Total{}),
		}))
	}
}

func checkReadWhileWriting(t testing.TB, s store.Store) {
	done := make(chan error, 1)
	go func() {
		for round := range 3 * rounds {
			if err := store.Retry(t.Context(), s, batchOf(0, round, newEntry(quarantine.Malformed, "shared", start))); err != nil {
				done <- err
				return
			}
		}
		done <- nil
	}()
	for {
		before := rowsNow(t, s)
		got := totals(t, s)
		if after := rowsNow(t, s); before > got.Recorded || after < got.Recorded || (got.Recorded+got.Duplicates)%10 != 0 {
			t.Fatalf("%d rows, totals %+v, %d rows: half of a transaction was seen", before, got, after)
		}
		select {
		case err := <-done:
			if err != nil {
				t.Fatal(err)
			}
			return
		default:
		}
	}
}

func rowsNow(t testing.TB, s store.Store) int64 {
	t.Helper()
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if err != nil {
		t.Fatalf("payments: %v", err)
	}
	return int64(len(page.Items))
}

func checkLimits(t testing.TB, s store.Store) {
	if l := s.Limits(); l.Writers < 1 || l.Batch < 1 {
		t.Errorf("limits %+v", l)
	}
}
