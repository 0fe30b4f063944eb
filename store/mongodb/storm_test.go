package mongodb_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mongodb"
)

const (
	stormWriters = 3
	stormRounds  = 15
	stormIDs     = 60
	stormBodies  = 10
)

// TestStorm has writers record the same ids and hold the same entries: all that
// they must agree on.
func TestStorm(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	s := migrated(t, server.URL("admin", server.Database(t)), mongodb.Options{Writers: stormWriters})
	if redone := storm(t, s); redone == 0 {
		t.Error("no transaction met another one")
	}
}

// storm returns how often a transaction had to be redone.
func storm(t *testing.T, s *mongodb.Store) int64 {
	t.Helper()
	var recorded, redone atomic.Int64
	var all sync.WaitGroup
	for w := range stormWriters {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 7))
			for round := range stormRounds {
				b := newStormBatch(r, fmt.Sprint("w", w), int64(round+1))
				attempts := int64(0)
				err := store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) error { attempts++; return b.run(ctx, tx) })
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				redone.Add(attempts - 1)
				recorded.Add(b.recorded)
			}
		})
	}
	all.Wait()
	totals, err := s.Reader().Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Order: store.ByID})
	if err != nil {
		t.Fatal(err)
	}
	rows := int64(len(page.Items))
	if page.Items[0].TransactionID == "a" {
		recorded.Add(1) // of whoever prepared the database
	}
	if rows != totals.Recorded || rows != recorded.Load() {
		t.Errorf("%d rows, %d tallied, %d reported", rows, totals.Recorded, recorded.Load())
	}
	if got := totals.Amount["BRL"].Decimal("BRL"); got != fmt.Sprintf("%d.%02d", rows/100, rows%100) {
		t.Errorf("%s BRL in %d rows of a centavo", got, rows)
	}
	return redone.Load()
}

// stormBatch is one transaction of everything that a recorder writes.
type stormBatch struct {
	writer   store.Writer
	payments []store.Payment
	bodies   []string
	recorded int64
}

func newStormBatch(r *rand.Rand, writer string, seq int64) *stormBatch {
	b := &stormBatch{writer: store.Writer{ID: writer, StartedAt: day, SeenAt: day, Seq: seq}}
	for id := range stormIDs {
		if r.IntN(4) == 0 {
			b.payments = append(b.payments, newPayment(fmt.Sprintf("id-%04d", id), 1))
		}
	}
	for body := range stormBodies {
		if r.IntN(3) == 0 {
			b.bodies = append(b.bodies, fmt.Sprint("bad ", body))
		}
	}
	return b
}

func (b *stormBatch) run(ctx context.Context, tx store.Tx) error {
	landed, err := tx.Claim(ctx, b.writer)
	if err != nil || landed {
		return err
	}
	outcomes, err := tx.Record(ctx, b.payments)
	if err != nil {
		return err
	}
	b.recorded = 0
	for _, o := range outcomes {
		if o.Kind == store.Recorded {
			b.recorded++
		}
	}
	if err := holding(b.bodies...)(ctx, tx); err != nil {
		return err
	}
	key := store.TallyKey{Writer: b.writer.ID, Hour: day.Truncate(time.Hour), Fate: store.FateDuplicate, Currency: "BRL", Method: "pix"}
	duplicates := store.TallyLine{TallyKey: key, Count: int64(len(outcomes)) - b.recorded}
	key.Fate = store.FateRecorded
	line := store.TallyLine{TallyKey: key, Count: b.recorded, Amount: payment.Total{}.Add(payment.Money{Minor: b.recorded})}
	return tx.Tally(ctx, []store.TallyLine{duplicates, line})
}

// TestRace has two transactions write the same id at the same time. One is
// redone, and then finds a duplicate; nothing is ever quarantined for it.
func TestRace(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	s := migrated(t, server.URL("admin", server.Database(t)), mongodb.Options{Writers: 2})
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		// The outer one has looked before the inner one writes.
		if _, err := tx.Record(ctx, []store.Payment{newPayment("other", 1)}); err != nil {
			return err
		}
		if err := s.Update(t.Context(), countedBy("inner", 1, newPayment("a", 1))); err != nil {
			t.Errorf("the inner one: %v", err)
		}
		return recording(newPayment("a", 1))(ctx, tx)
	})
	wantClass(t, err, store.ClassTransient, "")
	var kind store.Kind
	err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		outcomes, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)})
		if err == nil {
			kind = outcomes[0].Kind
		}
		return err
	})
	if err != nil || kind != store.Duplicate {
		t.Errorf("redone: kind %d, error %v; want a duplicate", kind, err)
	}
	wantPayments(t, s, 1)
}

// TestTransitionsInAnyOrder has operators move the same entries in orders of
// their own.
func TestTransitionsInAnyOrder(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	s := migrated(t, server.URL("admin", server.Database(t)), mongodb.Options{Writers: stormWriters})
	var bodies []string
	for i := range 20 {
		bodies = append(bodies, fmt.Sprint("bad ", i))
	}
	if err := s.Update(t.Context(), holding(bodies...)); err != nil {
		t.Fatal(err)
	}
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil {
		t.Fatal(err)
	}
	var moved atomic.Int64
	var all sync.WaitGroup
	for w := range stormWriters {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 9))
			for range 8 {
				var ts []quarantine.Transition
				for _, i := range r.Perm(len(page.Items))[:8] {
					ts = append(ts, quarantine.Transition{EntryID: page.Items[i].ID, From: quarantine.Held, To: quarantine.Discarded,
						By: quarantine.Operator, Actor: "ana", At: day})
				}
				var done []bool
				err := store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) (err error) {
					done, err = tx.Transition(ctx, ts)
					return err
				})
				if err != nil {
					t.Errorf("operator %d: %v", w, err)
				}
				for _, ok := range done {
					if ok {
						moved.Add(1)
					}
				}
			}
		})
	}
	all.Wait()
	if totals, err := s.Reader().Totals(t.Context()); err != nil || moved.Load() != totals.States[quarantine.Discarded] || moved.Load() == 0 {
		t.Errorf("%d moves, states %v, error %v", moved.Load(), totals.States, err)
	}
}
