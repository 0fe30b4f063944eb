package postgres_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/store"
	"recibo/store/postgres"
)

// benchBatches makes batches of payments with ids as Pix has them, which begin
// with the bank, sorted as the recorder sorts them.
type benchBatches struct {
	r    *rand.Rand
	next int
}

func newBenchBatches(seed uint64) *benchBatches {
	return &benchBatches{r: rand.New(rand.NewPCG(seed, 2))}
}

func (b *benchBatches) id(when time.Time) string {
	banks := []string{"00000000", "60701190", "60746948", "00360305", "90400888", "18236120", "00416968"}
	const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
	end := make([]byte, 11)
	for i := range end {
		end[i] = letters[b.r.IntN(len(letters))]
	}
	return "E" + banks[b.r.IntN(len(banks))] + when.Format("200601021504") + string(end)
}

func (b *benchBatches) batch(n int) []store.Payment {
	ps := make([]store.Payment, n)
	for i := range ps {
		b.next++
		when := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(b.next) * 2 * time.Millisecond)
		e := payment.Event{
			TransactionID: b.id(when),
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

// measure runs write from so many goroutines, each with batches of its own made
// beforehand, and reports rows a second and what each row takes of the time of
// this process and of the server's: these travel, and stay when others use the
// machine.
func measure(b *testing.B, server *testserver.PostgresServer, connections, size int, write func(seed int, ps []store.Payment) error) {
	b.Helper()
	all := make([][][]store.Payment, connections)
	for c := range all {
		batches := newBenchBatches(uint64(c))
		for range b.N/connections + 1 {
			all[c] = append(all[c], batches.batch(size))
		}
	}
	var rows atomic.Int64
	before, own := server.CPU(), ownCPU()
	b.ResetTimer()
	errs := make(chan error, connections)
	for c := range connections {
		go func() {
			for _, ps := range all[c] {
				if err := write(c, ps); err != nil {
					errs <- err
					return
				}
				rows.Add(int64(len(ps)))
			}
			errs <- nil
		}()
	}
	for range connections {
		if err := <-errs; err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	b.ReportMetric(float64(rows.Load())/b.Elapsed().Seconds(), "rows/s")
	b.ReportMetric(float64((server.CPU()-before).Microseconds())/float64(rows.Load()), "server-µs/row")
	b.ReportMetric(float64((ownCPU()-own).Microseconds())/float64(rows.Load()), "client-µs/row")
}

func ownCPU() time.Duration {
	var usage syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &usage) != nil {
		return 0
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}

var shapes = []struct{ connections, size int }{{1, 1000}, {2, 1000}, {2, 500}, {2, 2000}}

// BenchmarkRecord writes batches as the recorder does: claim, record, tally.
func BenchmarkRecord(b *testing.B) {
	for _, shape := range shapes {
		b.Run(fmt.Sprintf("%d connections of %d", shape.connections, shape.size), func(b *testing.B) {
			server := testserver.NewPostgres(b)
			s := migrated(b, server.URL("postgres", "postgres"), postgres.Options{Writers: shape.connections})
			seqs := make([]int64, shape.connections)
			measure(b, server, shape.connections, shape.size, func(c int, ps []store.Payment) error {
				seqs[c]++
				return s.Update(b.Context(), countedBy(fmt.Sprint("w", c), seqs[c], ps...))
			})
		})
	}
}

// BenchmarkRaw writes the same rows with the same statement in pgx's own way
// and nothing else: what recording is measured against.
func BenchmarkRaw(b *testing.B) {
	for _, shape := range shapes {
		b.Run(fmt.Sprintf("%d connections of %d", shape.connections, shape.size), func(b *testing.B) {
			server := testserver.NewPostgres(b)
			address := server.URL("postgres", "postgres")
			migrated(b, address, postgres.Options{})
			db, err := pgxpool.New(b.Context(), with(address, "pool_max_conns", fmt.Sprint(shape.connections)))
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			measure(b, server, shape.connections, shape.size, func(_ int, ps []store.Payment) error { return rawInsert(b.Context(), db, ps) })
		})
	}
}

func rawInsert(ctx context.Context, db *pgxpool.Pool, ps []store.Payment) error {
	n := len(ps)
	ids, amounts, currencies, payers, payees := make([]string, n), make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	methods, sources, queues, positions := make([]string, n), make([]string, n), make([]string, n), make([]string, n)
	occurred, recorded := make([]time.Time, n), make([]time.Time, n)
	hashes := make([][]byte, n)
	for i := range ps {
		p := &ps[i]
		ids[i], amounts[i], currencies[i], payers[i], payees[i] = p.TransactionID, p.Amount.Decimal(), string(p.Amount.Currency), p.PayerAccount, p.PayeeAccount
		methods[i], sources[i], queues[i], positions[i] = p.Method, p.Source, p.Queue, p.Position
		occurred[i], recorded[i], hashes[i] = p.OccurredAt, p.RecordedAt, p.Fingerprint[:]
	}
	_, err := db.Exec(ctx, `INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method,
			source, fingerprint, queue, position, recorded_at)
		SELECT id, amount::numeric, currency, payer, payee, occurred, method, source, hash, queue, position, recorded
		FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::bytea[],
			$10::text[], $11::text[], $12::timestamptz[]) AS u (id, amount, currency, payer, payee, occurred, method, source, hash, queue, position, recorded)
		ON CONFLICT (transaction_id) DO NOTHING`,
		ids, amounts, currencies, payers, payees, occurred, methods, sources, hashes, queues, positions, recorded)
	return err
}

// BenchmarkDuplicates offers what stands already.
func BenchmarkDuplicates(b *testing.B) {
	server := testserver.NewPostgres(b)
	s := migrated(b, server.URL("postgres", "postgres"), postgres.Options{})
	ps := newBenchBatches(0).batch(1000)
	for b.Loop() {
		if err := s.Update(b.Context(), recording(ps...)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*len(ps))/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkQuarantine holds new entries.
func BenchmarkQuarantine(b *testing.B) {
	server := testserver.NewPostgres(b)
	s := migrated(b, server.URL("postgres", "postgres"), postgres.Options{})
	n := 0
	for b.Loop() {
		bodies := make([]string, 1000)
		for i := range bodies {
			n++
			bodies[i] = fmt.Sprint("bad ", n)
		}
		if err := s.Update(b.Context(), holding(bodies...)); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(b.N*1000)/b.Elapsed().Seconds(), "entries/s")
}
