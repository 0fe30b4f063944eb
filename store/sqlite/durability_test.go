package sqlite_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"recibo/payment"
	"recibo/store"
	"recibo/store/sqlite"
)

// childFile names the database that a process of this test writes to until it
// is killed.
const childFile = "RECIBO_SQLITE_TEST_CHILD"

func TestMain(m *testing.M) {
	if file := os.Getenv(childFile); file != "" {
		if err := writeForEver(file); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}
	os.Exit(m.Run())
}

const childBatch = 100

// writeForEver commits batches and says after each how many payments there are.
func writeForEver(file string) error {
	s, err := sqlite.Open(context.Background(), file, sqlite.Options{})
	if err != nil {
		return err
	}
	sums, err := s.Reader().Totals(context.Background())
	if err != nil {
		return err
	}
	for next := int(sums.Recorded); ; next += childBatch {
		if err := s.Update(context.Background(), countedBatch(next)); err != nil {
			return err
		}
		fmt.Println(next + childBatch)
	}
}

// countedBatch records a batch and tallies it.
func countedBatch(first int) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		ps := make([]store.Payment, childBatch)
		for i := range ps {
			ps[i] = newPayment(fmt.Sprintf("id-%09d", first+i), 1)
		}
		if _, err := tx.Record(ctx, ps); err != nil {
			return err
		}
		key := store.TallyKey{Writer: "w", Hour: day, Fate: store.FateRecorded, Currency: "BRL", Method: "pix"}
		return tx.Tally(ctx, []store.TallyLine{{TallyKey: key, Count: childBatch, Amount: payment.Total{}.Add(payment.Money{Minor: childBatch})}})
	}
}

// TestKill kills a writing process several times: what it had reported is
// there each time, and nothing of a transaction that it had not finished.
func TestKill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	for round := range 4 {
		reported := killAfter(t, file, 20+7*round)
		s, err := sqlite.Open(t.Context(), file, sqlite.Options{})
		if err != nil {
			t.Fatal(err)
		}
		sums, err := s.Reader().Totals(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		rows := countRows(t, file)
		if sums.Recorded != rows || rows < int64(reported) || rows%childBatch != 0 {
			t.Fatalf("round %d: %d rows, %d tallied, %d reported", round, rows, sums.Recorded, reported)
		}
	}
}

// killAfter starts a writer, kills it in the middle of its work, and returns
// the last number that it reported.
func killAfter(t *testing.T, file string, batches int) (reported int) {
	t.Helper()
	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), childFile+"="+file)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for n := 0; lines.Scan(); n++ {
		if reported, err = strconv.Atoi(lines.Text()); err != nil {
			t.Fatal(err)
		}
		if n == batches {
			if err := child.Process.Kill(); err != nil {
				t.Fatal(err)
			}
		}
	}
	_ = child.Wait() // killed
	return reported
}

func countRows(t testing.TB, file string) (n int64) {
	t.Helper()
	if err := rawDB(t, file).QueryRowContext(t.Context(), "SELECT count(*) FROM payments").Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTwoProcesses has another process write while this one does.
func TestTwoProcesses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{})
	done := make(chan int)
	go func() { done <- killAfter(t, file, 30) }()
	mine := 0
	for {
		if err := s.Update(t.Context(), recording(newPayment(fmt.Sprintf("mine-%d", mine), 1))); err != nil {
			t.Errorf("update beside another process: %v", err)
		}
		mine++
		select {
		case theirs := <-done:
			if rows := countRows(t, file); rows < int64(mine+theirs) {
				t.Errorf("%d rows of %d and %d", rows, mine, theirs)
			}
			return
		default:
		}
	}
}

// TestLogStaysBounded writes much while readers read.
func TestLogStaysBounded(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{})
	batches := &benchBatches{id: benchIDs[1].make, r: newRand()}
	biggest := int64(0)
	for range 40 {
		ps := batches.batch()
		if err := s.Update(t.Context(), recording(ps...)); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Limit: 10}); err != nil {
			t.Fatal(err)
		}
		log, err := os.Stat(file + "-wal")
		if err != nil {
			t.Fatal(err)
		}
		biggest = max(biggest, log.Size())
	}
	if biggest > 32<<20 {
		t.Errorf("the log grew to %d bytes", biggest)
	}
	data, err := os.Stat(file)
	if err != nil || data.Size() < 8<<20 {
		t.Errorf("the file holds %d bytes, error %v: no checkpoint happened", data.Size(), err)
	}
}
