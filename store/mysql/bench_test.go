package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/store"
	"recibo/store/mysql"
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
func measure(b *testing.B, server *testserver.MariaDBServer, connections, size int, write func(seed int, ps []store.Payment) error) {
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
			server := testserver.NewMariaDB(b)
			s := migrated(b, benchAddress(b, server), mysql.Options{Writers: shape.connections})
			seqs := make([]int64, shape.connections)
			measure(b, server, shape.connections, shape.size, func(c int, ps []store.Payment) error {
				seqs[c]++
				return s.Update(b.Context(), countedBy(fmt.Sprint("w", c), seqs[c], ps...))
			})
		})
	}
}

// BenchmarkRaw writes the same rows with the statement that was measured to be
// the fastest and nothing else: what recording is measured against.
func BenchmarkRaw(b *testing.B) {
	for _, shape := range shapes {
		b.Run(fmt.Sprintf("%d connections of %d", shape.connections, shape.size), func(b *testing.B) {
			server := testserver.NewMariaDB(b)
			address := benchAddress(b, server)
			migrated(b, address, mysql.Options{})
			connections := make([]*sql.Conn, shape.connections)
			for i := range connections {
				connections[i] = raw(b, address)
			}
			measure(b, server, shape.connections, shape.size, func(c int, ps []store.Payment) error { return rawInsert(b.Context(), connections[c], ps) })
		})
	}
}

func rawInsert(ctx context.Context, c *sql.Conn, ps []store.Payment) error {
	text := []byte("INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method," +
		" source, fingerprint, queue, position, recorded_at) VALUES ")
	const layout = "2006-01-02 15:04:05.000"
	for i := range ps {
		p := &ps[i]
		if i > 0 {
			text = append(text, ',')
		}
		text = fmt.Appendf(text, "('%s','%s','%s','%s','%s','%s','%s','%s',x'%x','%s','%s','%s')", p.TransactionID, p.Amount.Decimal(), p.Amount.Currency,
			p.PayerAccount, p.PayeeAccount, p.OccurredAt.Format(layout), p.Method, p.Source, p.Fingerprint[:], p.Queue, p.Position, p.RecordedAt.Format(layout))
	}
	text = append(text, " ON DUPLICATE KEY UPDATE transaction_id = transaction_id"...)
	_, err := c.ExecContext(ctx, string(text))
	return err
}

func benchAddress(b *testing.B, server *testserver.MariaDBServer) string {
	b.Helper()
	return server.URL("root", server.Database(b))
}

// BenchmarkRecordFew writes batches of which one in a hundred is known, as
// redeliveries make them.
func BenchmarkRecordFew(b *testing.B) {
	server := testserver.NewMariaDB(b)
	s := migrated(b, benchAddress(b, server), mysql.Options{})
	seqs := make([]int64, 2)
	last := make([][]store.Payment, 2)
	measure(b, server, 2, 2000, func(c int, ps []store.Payment) error {
		seqs[c]++
		if last[c] != nil {
			copy(ps, last[c][:20])
			slices.SortFunc(ps, func(a, b store.Payment) int { return strings.Compare(a.TransactionID, b.TransactionID) })
		}
		last[c] = slices.Clone(ps[1000:])
		return s.Update(b.Context(), countedBy(fmt.Sprint("w", c), seqs[c], ps...))
	})
}

// BenchmarkDuplicates offers what stands already.
func BenchmarkDuplicates(b *testing.B) {
	server := testserver.NewMariaDB(b)
	s := migrated(b, benchAddress(b, server), mysql.Options{})
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
	server := testserver.NewMariaDB(b)
	s := migrated(b, benchAddress(b, server), mysql.Options{})
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
