package mysql_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

func wantClass(t testing.TB, err error, class store.Class, words string) {
	t.Helper()
	if _, ok := errors.AsType[*store.Error](err); !ok || store.ClassOf(err) != class {
		t.Errorf("error %v of class %s, want %s", err, store.ClassOf(err), class)
		return
	}
	if !strings.Contains(err.Error(), words) {
		t.Errorf("error %q, want the words %q", err, words)
	}
	wantNoSecret(t, err.Error())
}

// killAll ends the sessions that a condition on the process list names.
func killAll(t testing.TB, server *testserver.MariaDBServer, condition string) {
	t.Helper()
	kill := server.SQL(t, "", "SELECT CONCAT('KILL ', ID, ';') FROM information_schema.processlist WHERE ID <> CONNECTION_ID() AND "+condition)
	for one := range strings.Lines(kill) {
		_ = server.TrySQL("", one) // it may have ended
	}
}

func trigger(body string) string {
	return "CREATE TRIGGER rule BEFORE INSERT ON payments FOR EACH ROW " + body
}

// noise does not compress.
func noise(n int) []byte {
	b := make([]byte, 0, n+2)
	b = append(b, '"')
	for len(b) <= n {
		b = append(b, "abcdefghijklmnopqrstuvwxyz0123456789"[rand.IntN(36)])
	}
	return append(b, '"')
}

// provoked is an error that somebody's change of the tables brings about.
type provoked struct {
	name  string
	harm  string // SQL that somebody runs
	do    func(context.Context, store.Tx) error
	class store.Class
	words string
}

// partitioned takes the key's bytes for ranges, and lacks most of them.
const partitioned = "ALTER TABLE payments PARTITION BY RANGE COLUMNS (transaction_id) (PARTITION p VALUES LESS THAN ('Z'))"

func provokedErrors() []provoked {
	p := newPayment("a", 99_999_999_999_999)
	two := recording(p, newPayment("b", 1))
	return []provoked{
		{"1406, a narrower column", "ALTER TABLE payments MODIFY method varchar(2) NOT NULL",
			recording(p), store.ClassData, "record 1 payments: Data too long for column 'method' at row 1 (error 1406)"},
		{"1264, fewer digits", "ALTER TABLE payments MODIFY amount decimal(5, 2) NOT NULL",
			recording(p), store.ClassData, "Out of range value for column 'amount' at row 1 (error 1264)"},
		{"1366, a value that is no number", "ALTER TABLE payments ADD COLUMN x int; " + trigger("SET NEW.x = NEW.payer_account"),
			recording(p), store.ClassData, "record 1 payments: Incorrect integer value for column"},
		{"1366, a charset that lacks it", "ALTER TABLE payments MODIFY payer_account varchar(255) CHARACTER SET latin1 NOT NULL",
			recording(payerOf(p, "漢字")), store.ClassData, "(error 1366)"},
		{"1292, a value that is no time", "ALTER TABLE payments ADD COLUMN x date; " + trigger("SET NEW.x = NEW.payer_account"),
			recording(p), store.ClassData, "(error 1292)"},
		{"1365, a sum that cannot be done", "ALTER TABLE payments ADD COLUMN share decimal(9,2) AS (1 / (length(method) - 3)) STORED",
			recording(p), store.ClassData, "Division by 0 (error 1365)"},
		{"1690, a sum that outgrows", "ALTER TABLE payments ADD COLUMN much bigint AS (amount_minor * 1000000) STORED",
			recording(p), store.ClassData, "BIGINT value is out of range (error 1690)"},
		{"1300, a text that is none", "SELECT 1", recording(positionOf(p, "q@\xff")), store.ClassData, "(error 1300)"},
		{"4025, a CHECK", "ALTER TABLE payments ADD CONSTRAINT amount_limit CHECK (amount_minor < 100)",
			recording(p), store.ClassData, "CONSTRAINT `amount_limit` failed"},
		{"1062 on an index of somebody", "CREATE UNIQUE INDEX one_account ON payments (payer_account)",
			two, store.ClassData, "record 2 payments: Duplicate entry for key 'one_account' (error 1062)"},
		{"1644, a trigger", trigger("IF NEW.amount_minor > 100 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'looks like fraud'; END IF"),
			recording(p), store.ClassData, "looks like fraud (error 1644)"},
		{"45000 under a number of somebody", trigger("SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'fraud', MYSQL_ERRNO = 31001"),
			recording(p), store.ClassData, "fraud (error 31001)"},
		{"1062 on a table of a trigger", "CREATE TABLE audit (kind varchar(9) PRIMARY KEY); " + trigger("INSERT INTO audit VALUES ('one')"),
			two, store.ClassData, "Duplicate entry for key 'PRIMARY'"},

		{"1364, a column that this program does not fill", "ALTER TABLE payments ADD COLUMN tenant text NOT NULL",
			recording(p), store.ClassOutage, "Field 'tenant' doesn't have a default value (error 1364)"},
		{"1048, a trigger that empties", trigger("SET NEW.method = NULL"),
			recording(p), store.ClassOutage, "Column 'method' cannot be null (error 1048)"},
		{"1452, a list that lacks something", "CREATE TABLE methods (method varchar(64) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY);" +
			" ALTER TABLE payments ADD FOREIGN KEY (method) REFERENCES methods (method)",
			recording(p), store.ClassOutage, "(error 1452)"},
		{"1526, a missing partition", partitioned, recording(p), store.ClassOutage, "Table has no partition (error 1526)"},
		{"1146, a table is gone", "DROP TABLE payments", recording(p), store.ClassOutage, ".payments' doesn't exist (error 1146)"},
		{"1054, a column is gone", "ALTER TABLE payments CHANGE method kind varchar(64)",
			recording(p), store.ClassOutage, "Unknown column 'method' in"},
		{"values refused in quarantine", "CREATE UNIQUE INDEX one_body ON quarantine (body_size)",
			holding("1", "2"), store.ClassOutage, "quarantine 2 entries: Duplicate entry for key 'one_body'"},
		{"values refused in the tally", "ALTER TABLE tally ADD CONSTRAINT little CHECK (count < 1)",
			counted(1, p), store.ClassOutage, "CONSTRAINT `little` failed"},
		{"values refused in the history", "CREATE TRIGGER rule BEFORE INSERT ON quarantine_history FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no'",
			both(holding("1"), recording(p)), store.ClassOutage, "quarantine 1 entries: no (error 1644)"},
	}
}

func both(first, second func(context.Context, store.Tx) error) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		if err := first(ctx, tx); err != nil {
			return err
		}
		return second(ctx, tx)
	}
}

func payerOf(p store.Payment, payer string) store.Payment {
	p.PayerAccount = payer
	return of(p, p.Amount)
}

func positionOf(p store.Payment, position string) store.Payment {
	p.Position = position
	return p
}

// TestErrorClasses provokes each error for real: somebody changes the tables
// while the store is open. No value shows in what is said.
func TestErrorClasses(t *testing.T) {
	server := testserver.MariaDB(t)
	for _, c := range slices.Concat(provokedErrors(), provokedByControls(), provokedByRedrives()) {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := freshDatabase(t, server, "root")
			s := open(t, address, mysql.Options{Writers: 1})
			for _, seed := range []func(context.Context, store.Tx) error{holding("0"), recording()} {
				if err := s.Update(t.Context(), seed); err != nil { // the connection has seen the tables as they were
					t.Fatal(err)
				}
			}
			rawExec(t, raw(t, address), c.harm)
			for range 2 {
				err := s.Update(t.Context(), c.do)
				wantClass(t, err, c.class, c.words)
				if err != nil && strings.Contains(err.Error(), "payer'") {
					t.Errorf("a value shows: %v", err)
				}
			}
		})
	}
}

// TestErrorsAreSwallowedByNobody has a function that takes no notice of an
// error: nothing of its transaction may be committed.
func TestErrorsAreSwallowedByNobody(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	s := migrated(t, server.URL("root", database), mysql.Options{})
	server.SQL(t, database, "CREATE UNIQUE INDEX one_method ON payments (method)")
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_ = recording(newPayment("a", 1))(ctx, tx)
		_ = recording(newPayment("b", 1))(ctx, tx)
		return nil
	})
	wantClass(t, err, store.ClassData, "one_method")
	wantPayments(t, s, 0)
}

// TestTooMuchAtOnce is one row that the server takes in no statement.
func TestTooMuchAtOnce(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t, testserver.Setting("max_allowed_packet", "64K"))
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	var ps []store.Payment
	for i := range 9 {
		p := newPayment(fmt.Sprint(i), 1)
		p.Extra = noise(30_000)
		ps = append(ps, p)
	}
	if err := s.Update(t.Context(), recording(ps...)); err != nil {
		t.Errorf("several statements: %v", err)
	}
	if err := s.Update(t.Context(), recording(newBenchBatches(1).batch(1500)...)); err != nil {
		t.Errorf("several statements of many rows: %v", err)
	}
	if err := s.Update(t.Context(), recording(ps...)); err != nil {
		t.Errorf("the same again: %v", err)
	}
	ps[3].Extra = noise(70_000)
	ps[3].TransactionID = "35"
	wantClass(t, s.Update(t.Context(), recording(ps...)), store.ClassTooBig, "record 9 payments: more than one statement may hold")
	wantClass(t, s.Update(t.Context(), holding(string(noise(60_000)))), store.ClassTooBig, "more than one statement may hold")
	if err := s.Update(t.Context(), recording(newPayment("z", 1))); err != nil {
		t.Errorf("a small one: %v", err)
	}
	wantConfig(t, s.Check(t.Context()), "max_allowed_packet is 65536", "SET GLOBAL max_allowed_packet")
}

// TestContextEndsTheWaitForALock also leaves the server without our request, as
// soon as somebody connects again.
func TestContextEndsTheWaitForALock(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	address := server.URL("root", database)
	s := migrated(t, address, mysql.Options{})
	other := raw(t, address)
	rawExec(t, other, "BEGIN; INSERT INTO writers VALUES ('w', '', '', '', now(), now(), 1)")
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, counted(1, newPayment("a", 1)))
	wantClass(t, err, store.ClassOutage, "claim number 1: context deadline exceeded")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not say that the deadline passed", err)
	}
	if err := s.Update(t.Context(), recording(newPayment("b", 1))); err != nil {
		t.Errorf("meanwhile: %v", err)
	}
	await(t, func() bool {
		return server.SQL(t, "", "SELECT count(*) FROM information_schema.processlist WHERE DB = '"+database+"' AND INFO LIKE 'begin;INSERT%'") == "0"
	}, "the request waits on")
	rawExec(t, other, "ROLLBACK")
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Errorf("after the lock: %v", err)
	}
	wantPayments(t, s, 2)
}

func await(t *testing.T, is func() bool, words string) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(words)
		}
	}
}
