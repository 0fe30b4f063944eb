package app

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	_ "modernc.org/sqlite"

	"recibo/internal/config"
	"recibo/ledger"
	"recibo/payment"
	"recibo/reconcile"
	"recibo/store"
	"recibo/store/sqlite"
)

var tableStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

const tableStep = 20 * time.Millisecond // between payments

var tableSources = []string{"mobile-app", "internet-banking", "pos"}

// tableRow is payment number i of a large table.
func tableRow(i int) store.Payment {
	when := tableStart.Add(time.Duration(i) * tableStep)
	e := payment.Event{TransactionID: fmt.Sprintf("E%08d%s%011d", i*7919%10_000, when.Format("200601021504"), i),
		Amount: payment.Money{Minor: int64(i%100_000 + 1), Currency: "BRL"}, PayerAccount: fmt.Sprintf("BR18003603050000%013d", i),
		PayeeAccount: "BR9760701190000012345678901C1", OccurredAt: when, Method: "pix", Source: tableSources[i%len(tableSources)]}
	return store.Payment{Event: e, Fingerprint: payment.FingerprintOf(&e), Queue: "payments", Position: fmt.Sprint(i), RecordedAt: when}
}

// makeTable fills a database with n payments and a control total of each source
// and minute, and writes their ledger.
func makeTable(t testing.TB, dir string, n int) (file, list string) {
	t.Helper()
	file, list = filepath.Join(dir, "recibo.db"), filepath.Join(dir, "sent.ndjson")
	s, err := sqlite.Open(t.Context(), file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	sent, err := ledger.Open(list)
	if err != nil {
		t.Fatal(err)
	}
	controls := map[string]*store.Control{}
	const batch = 1000
	for first := 0; first < n; first += batch {
		ps, lines, indexes := make([]store.Payment, batch), make([]ledger.Line, batch), make([]int, batch)
		for i := range ps {
			ps[i] = tableRow(first + i)
			countRow(controls, &ps[i])
			indexes[i] = i
			lines[i] = ledger.Line{MessageID: fmt.Sprintf("1:%d", first+i), Kind: ledger.Unique, TransactionID: ps[i].TransactionID,
				Fingerprint: ps[i].Fingerprint, BodySHA256: sha256.Sum256([]byte(ps[i].TransactionID))}
		}
		if err := sent.Append(lines); err != nil {
			t.Fatal(err)
		}
		if err := sent.Sent(indexes); err != nil {
			t.Fatal(err)
		}
		slices.SortFunc(ps, func(a, b store.Payment) int { return strings.Compare(a.TransactionID, b.TransactionID) })
		record(t, s, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Record(ctx, ps)
			return err
		})
	}
	if err := sent.Close(); err != nil {
		t.Fatal(err)
	}
	recordControls(t, s, controls)
	return file, list
}

func record(t testing.TB, s store.Store, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := s.Update(t.Context(), fn); err != nil {
		t.Fatal(err)
	}
}

func countRow(controls map[string]*store.Control, p *store.Payment) {
	w := payment.Window{Source: p.Source, Producer: "producer-1", From: p.OccurredAt.Truncate(time.Minute)}
	w.Until = w.From.Add(time.Minute)
	key := w.Source + w.From.String()
	if controls[key] == nil {
		controls[key] = &store.Control{ControlTotal: payment.ControlTotal{Window: w}, Queue: "payments", RecordedAt: w.Until}
	}
	controls[key].Add(p.Amount, p.Fingerprint)
}

func recordControls(t testing.TB, s store.Store, controls map[string]*store.Control) {
	t.Helper()
	var all []store.Control
	for _, c := range controls {
		all = append(all, *c)
	}
	slices.SortFunc(all, func(a, b store.Control) int { return strings.Compare(a.Window.ID(), b.Window.ID()) })
	for some := range slices.Chunk(all, 500) {
		record(t, s, func(ctx context.Context, tx store.Tx) error {
			_, err := store.Controls(tx).Control(ctx, some)
			return err
		})
	}
}

// tamper does to three rows what people do who have a password: it deletes one,
// changes the amount of one with its fingerprint, and adds one that looks right.
func tamper(t *testing.T, file string, deleted, changed, near int) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	other, added := tableRow(changed), tableRow(near)
	other.Amount.Minor++
	other.Fingerprint = payment.FingerprintOf(&other.Event)
	added.TransactionID = "injected"
	added.Fingerprint = payment.FingerprintOf(&added.Event)
	for _, harm := range []struct {
		statement string
		args      []any
	}{
		{"DELETE FROM payments WHERE transaction_id = ?", []any{tableRow(deleted).TransactionID}},
		{"UPDATE payments SET amount = ?, fingerprint = ? WHERE transaction_id = ?", []any{other.Amount.Decimal(), other.Fingerprint[:], other.TransactionID}},
		{`INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method, source, fingerprint,
			queue, position, recorded_at) SELECT 'injected', amount, currency, payer_account, payee_account, occurred_at, method, source, ?,
			queue, position, recorded_at FROM payments WHERE transaction_id = ?`, []any{added.Fingerprint[:], tableRow(near).TransactionID}},
	} {
		if _, err := db.ExecContext(t.Context(), harm.statement, harm.args...); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTamperedTable: three rows among many were tampered with. The database
// alone names their windows, and with the ledger their ids.
func TestTamperedTable(t *testing.T) {
	n, most := 50_000, 60*time.Second
	if os.Getenv("RECIBO_MILLION") != "" {
		n, most = 1_000_000, 10*time.Second
	}
	file, list := makeTable(t, t.TempDir(), n)
	deleted, changed, near := n/3, n/2, n/5*4
	tamper(t, file, deleted, changed, near)
	address, err := config.ParseAddress("sqlite:" + file)
	if err != nil {
		t.Fatal(err)
	}
	for name, ledgerFile := range map[string]string{"alone": "", "with the ledger": list} {
		t.Run(name, func(t *testing.T) {
			a := &App{Config: &config.Config{Store: address, Ledger: ledgerFile}}
			before, peak := watchMemory()
			began := time.Now()
			p, err := a.ReconcileWindows(t.Context(), Windows{})
			took, used := time.Since(began), peak()-before
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%d payments, %d windows proved in %s, %d MB", n, p.Windows, took, used>>20)
			if took > most || used > 200<<20 {
				t.Errorf("it took %s and %d MB, at most %s and 200 MB wanted", took, used>>20, most)
			}
			wantTampered(t, &p, deleted, changed, near, ledgerFile != "")
		})
	}
}

// BenchmarkReconcileWindows proves a table of 100,000 by its control totals, and
// by a ledger as well.
func BenchmarkReconcileWindows(b *testing.B) {
	const n = 100_000
	file, list := makeTable(b, b.TempDir(), n)
	address, err := config.ParseAddress("sqlite:" + file)
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct{ name, ledger string }{{"windows", ""}, {"windows and ledger", list}} {
		b.Run(c.name, func(b *testing.B) {
			a := &App{Config: &config.Config{Store: address, Ledger: c.ledger}}
			for b.Loop() {
				p, err := a.ReconcileWindows(b.Context(), Windows{})
				if err != nil || !p.Balanced {
					b.Fatalf("balanced %t, %v", p.Balanced, err)
				}
			}
			b.ReportMetric(float64(b.N*n)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}

// watchMemory returns what the heap holds, and a function that ends the watch
// and returns the most that it held.
func watchMemory() (before uint64, peak func() uint64) {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	before = m.HeapAlloc
	done, most := make(chan struct{}), make(chan uint64)
	go func() {
		high := before
		for {
			select {
			case <-time.After(20 * time.Millisecond):
				runtime.ReadMemStats(&m)
				high = max(high, m.HeapAlloc)
			case <-done:
				most <- high
				return
			}
		}
	}()
	return before, func() uint64 { close(done); return <-most }
}

func wantTampered(t *testing.T, p *WindowsProof, deleted, changed, near int, named bool) {
	t.Helper()
	type told struct {
		Source, From string
		Verdict      reconcile.Verdict
		Count        int64
		Amount       string
		Payments     []reconcile.Example
	}
	row := func(i int, v reconcile.Verdict, count int64, amount string, ids ...reconcile.Example) told {
		r := tableRow(i)
		return told{r.Source, stamp(r.OccurredAt.Truncate(time.Minute)), v, count, amount, ids}
	}
	x := reconcile.Example{Kind: reconcile.KindUnexpected, ID: "injected"}
	want := []told{
		row(near, reconcile.TooMany, 1, tableRow(near).Amount.Decimal(), x),
		row(changed, reconcile.Differs, 0, "0.01"),
		row(deleted, reconcile.Missing, -1, "-"+tableRow(deleted).Amount.Decimal()),
	}
	if named {
		want[1].Payments = []reconcile.Example{{Kind: reconcile.KindDiffering, ID: tableRow(changed).TransactionID}}
		want[2].Payments = []reconcile.Example{{Kind: reconcile.KindMissing, ID: tableRow(deleted).TransactionID}}
	}
	var got []told
	for _, e := range p.Examples {
		got = append(got, told{*e.Source, e.From, e.Verdict, e.Difference.Count, e.Difference.Amounts["BRL"], append([]reconcile.Example(nil), e.Payments...)})
	}
	if diff := cmp.Diff(want, got); diff != "" || p.Balanced || p.ByVerdict[reconcile.Balanced] != p.Windows-3 {
		t.Errorf("-want +got:\n%s%v", diff, p.ByVerdict)
	}
	if err := CheckWindows(p); ExitCode(err) != ExitNo {
		t.Errorf("it ends with %v", err)
	}
}
