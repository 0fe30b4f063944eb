package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/payment"
	"recibo/store"
	"recibo/store/sqlite"
)

const (
	benchBatch = 1000
	// samePragmas are those of the store's writer, so that the two benchmarks
	// differ in the statements alone.
	samePragmas = "&_foreign_keys=1&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4096)&_pragma=journal_size_limit(67108864)"
)

// benchIDs are the two kinds of ids that matter: in order of time, and those
// of Pix, which begin with the bank.
var benchIDs = []struct {
	name string
	make func(i int, when time.Time, r *rand.Rand) string
}{
	{"time-ordered", func(i int, _ time.Time, r *rand.Rand) string { return fmt.Sprintf("0198%012x%016x", i, r.Uint64()) }},
	{"pix", func(_ int, when time.Time, r *rand.Rand) string {
		banks := []string{"00000000", "60701190", "60746948", "00360305", "90400888", "18236120", "00416968"}
		const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
		end := make([]byte, 11)
		for i := range end {
			end[i] = letters[r.IntN(len(letters))]
		}
		return "E" + banks[r.IntN(len(banks))] + when.Format("200601021504") + string(end)
	}},
}

// benchBatches makes batches of payments, sorted as the recorder sorts them.
type benchBatches struct {
	id   func(int, time.Time, *rand.Rand) string
	r    *rand.Rand
	next int
}

func (b *benchBatches) batch() []store.Payment {
	ps := make([]store.Payment, benchBatch)
	for i := range ps {
		b.next++
		when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(b.next) * 2 * time.Millisecond)
		e := payment.Event{
			TransactionID: b.id(b.next, when, b.r),
			Amount:        payment.Money{Minor: b.r.Int64N(10_000_000) + 1, Currency: "BRL"},
			PayerAccount:  fmt.Sprintf("BR18003603050000%013d", b.r.IntN(1_000_000)),
			PayeeAccount:  fmt.Sprintf("BR97607011900000%013d", b.r.IntN(1_000_000)),
			OccurredAt:    when, Method: "pix", Source: "mobile-app",
		}
		ps[i] = store.Payment{Event: e, Fingerprint: payment.FingerprintOf(&e), Queue: "payments",
			Position: fmt.Sprintf("payments@%d", b.next), RecordedAt: when}
	}
	slices.SortFunc(ps, func(a, b store.Payment) int { return strings.Compare(a.TransactionID, b.TransactionID) })
	return ps
}

func perSecond(b *testing.B) {
	b.ReportMetric(float64(b.N*benchBatch)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkRecord writes batches of a thousand as the recorder does.
func BenchmarkRecord(b *testing.B) {
	for _, ids := range benchIDs {
		b.Run(ids.name, func(b *testing.B) {
			s := open(b, filepath.Join(b.TempDir(), "recibo.db"), sqlite.Options{})
			batches := &benchBatches{id: ids.make, r: newRand()}
			for b.Loop() {
				b.StopTimer()
				ps := batches.batch()
				b.StartTimer()
				err := s.Update(b.Context(), func(ctx context.Context, tx store.Tx) error {
					_, err := tx.Record(ctx, ps)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b)
		})
	}
}

// BenchmarkRawInsert writes the same rows into the same table with nothing but
// prepared inserts of fifty rows: what recording is measured against.
func BenchmarkRawInsert(b *testing.B) {
	for _, ids := range benchIDs {
		b.Run(ids.name, func(b *testing.B) {
			file := filepath.Join(b.TempDir(), "recibo.db")
			open(b, file, sqlite.Options{})
			db := rawDBWith(b, file, samePragmas)
			const row = "(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
			st, err := db.PrepareContext(b.Context(), `INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account,
				occurred_at, method, source, fingerprint, queue, position, recorded_at) VALUES `+strings.Repeat(row+", ", 49)+row)
			if err != nil {
				b.Fatal(err)
			}
			batches := &benchBatches{id: ids.make, r: newRand()}
			for b.Loop() {
				b.StopTimer()
				statements := rawStatements(batches.batch())
				b.StartTimer()
				if err := rawInsert(b.Context(), db, st, statements); err != nil {
					b.Fatal(err)
				}
			}
			perSecond(b)
		})
	}
}

// rawStatements are the arguments of each statement, ready to be bound.
func rawStatements(ps []store.Payment) [][]any {
	var statements [][]any
	for chunk := range slices.Chunk(ps, 50) {
		var args []any
		for _, p := range chunk {
			args = append(args, p.TransactionID, p.Amount.Decimal(), string(p.Amount.Currency), p.PayerAccount, p.PayeeAccount,
				p.OccurredAt.Format(payment.TimeLayout), p.Method, p.Source, p.Fingerprint[:], p.Queue, p.Position,
				p.RecordedAt.Format(payment.TimeLayout))
		}
		statements = append(statements, args)
	}
	return statements
}

func rawInsert(ctx context.Context, db *sql.DB, st *sql.Stmt, statements [][]any) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	for _, args := range statements {
		if _, err := tx.StmtContext(ctx, st).ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func newRand() *rand.Rand { return rand.New(rand.NewPCG(1, 2)) }
