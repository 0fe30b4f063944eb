package mysql_test

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
	"recibo/store/mysql"
)

const (
	stormWriters = 4
	stormBatches = 60
	stormIDs     = 400
)

// TestStorm has writers meet on the same ids and entries all the time. None
// is often in the way of another in a circle, and the counts must be right.
func TestStorm(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{Writers: stormWriters})
	var all sync.WaitGroup
	var recorded, offered, seen, redone atomic.Int64
	for w := range stormWriters {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 7))
			for seq := range int64(stormBatches) {
				b := newStormBatch(r, fmt.Sprintf("w%d", w), seq+1)
				err := s.Update(t.Context(), b.run)
				for tries := 0; err != nil && tries < store.RedoMost && store.ClassOf(err) == store.ClassTransient; tries++ {
					redone.Add(1)
					err = s.Update(t.Context(), b.run)
				}
				if err != nil {
					t.Errorf("writer %d, batch %d: %v", w, seq, err)
					return
				}
				recorded.Add(b.recorded)
				offered.Add(int64(len(b.payments)))
				seen.Add(int64(len(b.bodies)))
			}
		})
	}
	all.Wait()
	t.Logf("%d of %d batches were run again", redone.Load(), stormWriters*stormBatches)
	if redone.Load() > stormWriters*stormBatches/10 {
		t.Error("too many")
	}
	totals, err := s.Reader().Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if totals.Recorded != recorded.Load() || totals.Recorded > stormIDs || totals.Recorded+totals.Duplicates != offered.Load() {
		t.Errorf("%d tallied, %d reported, %d duplicates of %d", totals.Recorded, recorded.Load(), totals.Duplicates, offered.Load())
	}
	wantPayments(t, s, int(recorded.Load()))
	causes, err := s.Reader().Causes(t.Context(), store.EntryQuery{})
	if err != nil || len(causes) != 1 || causes[0].Seen != seen.Load() {
		t.Errorf("causes %+v, error %v; want %d seen", causes, err, seen.Load())
	}
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
	for body := range 40 {
		if r.IntN(3) == 0 {
			b.bodies = append(b.bodies, fmt.Sprint("bad ", body))
		}
	}
	return b
}

func (b *stormBatch) run(ctx context.Context, tx store.Tx) error {
	if _, err := tx.Claim(ctx, b.writer); err != nil {
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

// TestForeignTransactions has another program lock payments in an order of its
// own, and hold them, while two writers record: what MySQL takes back is run
// again, and nothing is lost or doubled.
func TestForeignTransactions(t *testing.T) {
	server := testserver.MariaDB(t)
	address := server.URL("root", server.Database(t))
	s := migrated(t, address, mysql.Options{Writers: 2})
	stop, stopped := make(chan struct{}), make(chan struct{})
	other := raw(t, address)
	go func() {
		defer close(stopped)
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			for _, text := range []string{"BEGIN", fmt.Sprintf("SELECT * FROM payments WHERE transaction_id > 'id-%04d' ORDER BY transaction_id DESC LIMIT 50 FOR UPDATE", n%300),
				"UPDATE payments SET source = source WHERE transaction_id < 'id-0050'", "COMMIT"} {
				if _, err := other.ExecContext(context.Background(), text); err != nil {
					_, _ = other.ExecContext(context.Background(), "ROLLBACK") // a deadlock: its turn to lose
					break
				}
			}
		}
	}()
	var all sync.WaitGroup
	var recorded atomic.Int64
	for w := range 2 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(w), 11))
			for seq := range int64(40) {
				b := newStormBatch(r, fmt.Sprintf("w%d", w), seq+1)
				if err := store.Retry(t.Context(), s, b.run); err != nil {
					t.Errorf("writer %d, batch %d: %v", w, seq, err)
					return
				}
				recorded.Add(b.recorded)
			}
		})
	}
	all.Wait()
	close(stop)
	<-stopped
	totals, err := s.Reader().Totals(t.Context())
	if err != nil || totals.Recorded != recorded.Load() {
		t.Errorf("%d tallied, %d reported, error %v", totals.Recorded, recorded.Load(), err)
	}
	wantPayments(t, s, int(recorded.Load()))
}

// TestTransitionsInAnyOrder has operators move the same entries in orders of
// their own.
func TestTransitionsInAnyOrder(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{Writers: stormWriters})
	var bodies []string
	for i := range 50 {
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
			for range 20 {
				var ts []quarantine.Transition
				for _, i := range r.Perm(len(page.Items))[:20] {
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
	if moved.Load() != int64(len(bodies)) {
		t.Errorf("%d moves of %d entries", moved.Load(), len(bodies))
	}
}
