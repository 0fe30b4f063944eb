package sqlite_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	driver "modernc.org/sqlite"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/sqlite"
)

var day = time.Date(2026, 11, 23, 14, 15, 3, 123e6, time.UTC)

func newPayment(id string, minor int64) store.Payment {
	e := payment.Event{TransactionID: id, Amount: payment.Money{Minor: minor, Currency: "BRL"},
		PayerAccount: "payer", PayeeAccount: "payee", OccurredAt: day, Method: "pix"}
	return store.Payment{Event: e, Fingerprint: payment.FingerprintOf(&e), Queue: "payments", Position: "payments@1", RecordedAt: day}
}

// recording returns a transaction that records ps, whose ids are sorted.
func recording(ps ...store.Payment) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Record(ctx, ps)
		return err
	}
}

func holding(body string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		return tx.Quarantine(ctx, []quarantine.Entry{*quarantine.New(quarantine.Invalid, []byte(body), "bad", nil, day)})
	}
}

// TestErrorClasses provokes each error for real: another program changes the
// tables while the store is open.
func TestErrorClasses(t *testing.T) {
	p := newPayment("a", 15075)
	for _, c := range []struct {
		name  string
		harm  string // SQL that another program runs
		do    func(context.Context, store.Tx) error
		class store.Class
		words string
	}{
		{"check", "ALTER TABLE payments ADD COLUMN risk INTEGER CONSTRAINT amount_limit CHECK (amount_minor < 10000)",
			recording(p), store.ClassData, "CHECK constraint failed: amount_limit"},
		{"unique index of somebody", "CREATE UNIQUE INDEX one_queue ON payments (queue)",
			recording(p, newPayment("b", 1)), store.ClassData, "UNIQUE constraint failed: payments.queue"},
		{"trigger", "CREATE TRIGGER fraud BEFORE INSERT ON payments WHEN NEW.amount_minor > 100 BEGIN SELECT RAISE(ABORT, 'looks like fraud'); END",
			recording(p), store.ClassData, "looks like fraud"},
		{"check of control totals", "CREATE TRIGGER few BEFORE INSERT ON control_totals WHEN NEW.count > 2 BEGIN SELECT RAISE(ABORT, 'too many'); END",
			controlling(newControl(3)), store.ClassData, "too many"},
		{"trigger that leaves a control total out", "CREATE TRIGGER quiet BEFORE INSERT ON control_totals BEGIN SELECT RAISE(IGNORE); END",
			controlling(newControl(3)), store.ClassOutage, "left out by a rule"},
		{"trigger on redrives", "CREATE TRIGGER night BEFORE INSERT ON redrives BEGIN SELECT RAISE(ABORT, 'not at night'); END",
			driving(newRedrive()), store.ClassOutage, "not at night"},
		{"control totals dropped", "DROP TABLE control_totals", controlling(newControl(3)), store.ClassOutage, "no such table: control_totals"},
		{"redrives dropped", "DROP TABLE redrives", driving(newRedrive()), store.ClassOutage, "no such table: redrives"},
		{"trigger on mending", "CREATE TRIGGER kept BEFORE UPDATE OF mended_body ON quarantine BEGIN SELECT RAISE(ABORT, 'kept'); END",
			mending("bad"), store.ClassOutage, "kept"},
		{"trigger on purging", "CREATE TRIGGER kept BEFORE DELETE ON quarantine_history BEGIN SELECT RAISE(ABORT, 'kept'); END",
			purging("bad"), store.ClassOutage, "kept"},
		{"trigger that leaves out silently", "CREATE TRIGGER quiet BEFORE INSERT ON payments BEGIN SELECT RAISE(IGNORE); END",
			recording(p), store.ClassOutage, "1 of 1 payments were left out"},
		{"datatype", "CREATE TABLE kinds (n INTEGER) STRICT; CREATE TRIGGER kind BEFORE INSERT ON payments BEGIN INSERT INTO kinds VALUES (NEW.method); END",
			recording(p), store.ClassData, "cannot store TEXT value in INTEGER column"},
		{"too big", "CREATE TRIGGER big BEFORE INSERT ON payments BEGIN SELECT zeroblob(1000000000) || NEW.method; END",
			recording(p), store.ClassTooBig, "too big"},
		{"column that this program does not fill", "ALTER TABLE payments ADD COLUMN tenant TEXT NOT NULL",
			recording(p), store.ClassOutage, "NOT NULL constraint failed: payments.tenant"},
		{"table gone", "DROP TABLE payments", recording(p), store.ClassOutage, "no such table"},
		{"column gone", "ALTER TABLE payments RENAME COLUMN method TO kind", recording(p), store.ClassOutage, "no column named method"},
		{"values refused in quarantine", "CREATE UNIQUE INDEX one_reason ON quarantine (reason)",
			func(ctx context.Context, tx store.Tx) error {
				return errors.Join(holding("1")(ctx, tx), holding("2")(ctx, tx))
			}, store.ClassOutage, "UNIQUE constraint failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "recibo.db")
			s := open(t, file, sqlite.Options{})
			rawExec(t, rawDB(t, file), c.harm)
			wantClass(t, s.Update(t.Context(), c.do), c.class, c.words)
		})
	}
}

func wantClass(t *testing.T, err error, class store.Class, words string) {
	t.Helper()
	if _, ok := errors.AsType[*store.Error](err); !ok || store.ClassOf(err) != class {
		t.Errorf("error %v of class %s, want %s", err, store.ClassOf(err), class)
	}
	if err != nil && !strings.Contains(err.Error(), words) {
		t.Errorf("error %q, want the words %q", err, words)
	}
}

// TestErrorsAreSwallowedByNobody has a function that takes no notice of an
// error: nothing of its transaction may be committed.
func TestErrorsAreSwallowedByNobody(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{})
	rawExec(t, rawDB(t, file), "CREATE UNIQUE INDEX one_queue ON payments (queue)")
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_ = recording(newPayment("a", 1))(ctx, tx)
		_ = recording(newPayment("b", 1))(ctx, tx)
		return nil
	})
	wantClass(t, err, store.ClassData, "UNIQUE")
	wantPayments(t, s, 0)
}

func wantPayments(t *testing.T, s store.Store, want int) {
	t.Helper()
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if err != nil || len(page.Items) != want {
		t.Errorf("%d payments, error %v; want %d", len(page.Items), err, want)
	}
}

func TestLockedByAnotherProgram(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{BusyTimeout: 50 * time.Millisecond})
	other := rawDB(t, file)
	rawExec(t, other, "BEGIN IMMEDIATE")
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "locked by another program")
	wantPayments(t, s, 0) // readers do not wait
	rawExec(t, other, "ROLLBACK")
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

func TestContextEndsTheWaitForALock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{BusyTimeout: time.Hour})
	other := rawDB(t, file)
	rawExec(t, other, "BEGIN IMMEDIATE")
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, recording(newPayment("a", 1)))
	wantClass(t, err, store.ClassOutage, "begin")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not say that the deadline passed", err)
	}
	rawExec(t, other, "ROLLBACK")
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}

// TestFileTakenAway moves the file away and puts it back: nothing is written
// beside it meanwhile, and the store finds it again.
func TestFileTakenAway(t *testing.T) {
	folder := t.TempDir()
	file := filepath.Join(folder, "recibo.db")
	s := open(t, file, sqlite.Options{})
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	elsewhere := t.TempDir()
	move := func(from, to string) {
		for _, end := range []string{"", "-wal", "-shm"} {
			if err := os.Rename(filepath.Join(from, "recibo.db"+end), filepath.Join(to, "recibo.db"+end)); err != nil {
				t.Fatal(err)
			}
		}
	}
	move(folder, elsewhere)
	for range 3 {
		wantClass(t, s.Update(t.Context(), recording(newPayment("b", 2))), store.ClassOutage, "")
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) != 0 {
		t.Fatalf("files were made where the database had been: %v, %v", left, err)
	}
	move(elsewhere, folder)
	if err := s.Update(t.Context(), recording(newPayment("b", 2))); err != nil {
		t.Errorf("after it came back: %v", err)
	}
	wantPayments(t, s, 2)
}

// TestDatabaseFull bounds the file and fills it.
func TestDatabaseFull(t *testing.T) {
	file := filepath.Join(t.TempDir(), "bounded.db")
	driver.RegisterConnectionHook(func(c driver.ExecQuerierContext, dsn string) error {
		if !strings.Contains(dsn, file) {
			return nil
		}
		_, err := c.ExecContext(context.Background(), "PRAGMA max_page_count = 60", nil)
		return err
	})
	s := open(t, file, sqlite.Options{})
	written := 0
	for {
		err := s.Update(t.Context(), recording(newPayment(strings.Repeat("x", written), 1)))
		if err != nil {
			wantClass(t, err, store.ClassOutage, "full")
			break
		}
		if written++; written > 10_000 {
			t.Fatal("the bound does not hold")
		}
	}
	wantPayments(t, s, min(written, store.MaxPage))
}
