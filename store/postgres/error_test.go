package postgres_test

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
	"recibo/store/postgres"
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

// partitioned replaces payments by a table of which a partition is missing.
const partitioned = `DROP TABLE payments; CREATE TABLE payments (transaction_id text COLLATE "C" PRIMARY KEY, amount numeric, currency text,
	payer_account text, payee_account text, occurred_at timestamptz, method text, source text, extra json, fingerprint bytea,
	queue text, position text, entry_id text, recorded_at timestamptz) PARTITION BY RANGE (transaction_id);
	CREATE TABLE payments_x PARTITION OF payments FOR VALUES FROM ('x') TO ('y');`

func trigger(name, body string) string {
	return fmt.Sprintf("CREATE FUNCTION %s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %s END $$;\n"+
		"CREATE TRIGGER %[1]s BEFORE INSERT ON payments FOR EACH ROW EXECUTE FUNCTION %[1]s();", name, body)
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

func provokedErrors() []provoked {
	large := newPayment("a", 1)
	large.Extra = noise(20_000)
	p := newPayment("a", 99_999_999_999_999)
	return []provoked{
		{"22001, a narrower column", "ALTER TABLE payments ALTER COLUMN method TYPE varchar(2)",
			recording(p), store.ClassData, "record 1 payments: value too long for type character varying(2) (SQLSTATE 22001)"},
		{"22003, fewer digits", "ALTER TABLE payments ALTER COLUMN amount TYPE numeric(5, 2)",
			recording(p), store.ClassData, "numeric field overflow (SQLSTATE 22003)"},
		{"22P02, a value that is no number", trigger("number", "PERFORM NEW.payer_account::integer; RETURN NEW;"),
			recording(p), store.ClassData, "record 1 payments: invalid input syntax for type integer (SQLSTATE 22P02)"},
		{"22012, a sum that cannot be done", "ALTER TABLE payments ADD COLUMN share numeric GENERATED ALWAYS AS (1 / (length(method) - 3)) STORED",
			recording(p), store.ClassData, "division by zero"},
		{"23514 with a name", "ALTER TABLE payments ADD CONSTRAINT amount_limit CHECK (amount < 100)",
			recording(p), store.ClassData, `violates check constraint "amount_limit"`},
		{"23514 of a domain", "CREATE DOMAIN small AS numeric CONSTRAINT small_limit CHECK (VALUE < 100); ALTER TABLE payments ALTER COLUMN amount TYPE small",
			recording(p), store.ClassData, "small_limit"},
		{"23505 on an index of somebody", "CREATE UNIQUE INDEX one_queue ON payments (queue)",
			recording(p, newPayment("b", 1)), store.ClassData, `duplicate key value violates unique constraint "one_queue" (SQLSTATE 23505)`},
		{"23505 that shows with the commit", "ALTER TABLE payments ADD CONSTRAINT one_queue UNIQUE (queue) DEFERRABLE INITIALLY DEFERRED",
			recording(p, newPayment("b", 1)), store.ClassData, "commit: duplicate key value"},
		{"23P01, an exclusion", "ALTER TABLE payments ADD CONSTRAINT one_queue EXCLUDE USING btree (queue WITH =)",
			recording(p, newPayment("b", 1)), store.ClassData, "conflicting key value violates exclusion constraint"},
		{"P0001, a trigger", trigger("fraud", "IF NEW.amount > 100 THEN RAISE EXCEPTION 'looks like fraud'; END IF; RETURN NEW;"),
			recording(p), store.ClassData, "looks like fraud (SQLSTATE P0001)"},
		{"54000, more than an index holds", "CREATE INDEX wide ON payments ((extra::text))",
			recording(large), store.ClassTooBig, "index row"},

		{"a trigger that leaves out silently", trigger("quiet", "RETURN NULL;"),
			recording(p), store.ClassOutage, "1 of 1 payments were left out by a rule of the database"},
		{"23502, a column that this program does not fill", "ALTER TABLE payments ADD COLUMN tenant text NOT NULL",
			recording(p), store.ClassOutage, `null value in column "tenant"`},
		{"23503, a list that lacks something", "CREATE TABLE methods (method text PRIMARY KEY); ALTER TABLE payments ADD FOREIGN KEY (method) REFERENCES methods",
			recording(p), store.ClassOutage, "violates foreign key constraint"},
		{"23514 without a name, a missing partition", partitioned,
			recording(p), store.ClassOutage, "no partition of relation"},
		{"42P10, no key", "ALTER TABLE payments DROP CONSTRAINT payments_pkey",
			recording(p), store.ClassOutage, "no unique or exclusion constraint"},
		{"42P01, a table is gone", "DROP TABLE payments",
			recording(p), store.ClassOutage, `relation "payments" does not exist`},
		{"42703, a column is gone", "ALTER TABLE payments RENAME COLUMN method TO kind",
			recording(p), store.ClassOutage, `column "method" of relation "payments" does not exist`},
		{"42804, a column of another type", "ALTER TABLE payments ALTER COLUMN queue TYPE integer USING 0",
			recording(p), store.ClassOutage, "is of type integer"},
		{"values refused in quarantine", "CREATE UNIQUE INDEX one_reason ON quarantine (reason)",
			holding("1", "2"), store.ClassOutage, "one_reason"},
		{"values refused in the tally", "ALTER TABLE tally ADD CONSTRAINT little CHECK (count < 1)",
			counted(1, p), store.ClassOutage, "tally 1 lines: new row for relation"},

		{"23505 on ours, numbers handed out again", "INSERT INTO quarantine_history (entry_id, to_state, attempt, reason, actor, at)" +
			" SELECT id, 'held', 0, 'invalid', 'x', now() FROM quarantine; ALTER TABLE quarantine_history ALTER COLUMN line RESTART WITH 1",
			holding("1", "2"), store.ClassTransient, "quarantine_history_pkey"},
	}
}

// TestErrorClasses provokes each error for real: somebody changes the tables
// while the store is open.
func TestErrorClasses(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	for _, c := range slices.Concat(provokedErrors(), provokedByControls(), provokedByRedrives()) {
		t.Run(c.name, func(t *testing.T) {
			address := freshSchema(t, server, database, "postgres")
			s := open(t, address, postgres.Options{Writers: 1})
			for _, seed := range []func(context.Context, store.Tx) error{holding("0"), recording()} {
				if err := s.Update(t.Context(), seed); err != nil { // the connection has seen the tables as they were
					t.Fatal(err)
				}
			}
			rawExec(t, raw(t, address), c.harm)
			wantClass(t, s.Update(t.Context(), c.do), c.class, c.words)
			wantClass(t, s.Update(t.Context(), c.do), c.class, "")
		})
	}
}

// TestErrorsAreSwallowedByNobody has a function that takes no notice of an
// error: nothing of its transaction may be committed.
func TestErrorsAreSwallowedByNobody(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	s := migrated(t, server.URL("postgres", database), postgres.Options{})
	server.SQL(t, database, "CREATE UNIQUE INDEX one_queue ON payments (queue)")
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_ = recording(newPayment("a", 1))(ctx, tx)
		_ = recording(newPayment("b", 1))(ctx, tx)
		return nil
	})
	wantClass(t, err, store.ClassData, "one_queue")
	wantPayments(t, s, 0)
}

// TestTooMuchAtOnce is refused before it is sent: the server would hang up.
func TestTooMuchAtOnce(t *testing.T) {
	server := testserver.Postgres(t)
	s := migrated(t, server.URL("postgres", server.Database(t)), postgres.Options{})
	defer postgres.SetMaxMessage(1 << 20)()
	var ps []store.Payment
	for i := range 4 {
		p := newPayment(fmt.Sprint(i), 1)
		p.Extra = noise(300_000)
		ps = append(ps, p)
	}
	wantClass(t, s.Update(t.Context(), recording(ps...)), store.ClassTooBig, "record 4 payments: more than")
	if err := s.Update(t.Context(), recording(ps[:3]...)); err != nil {
		t.Errorf("fewer at once: %v", err)
	}
	wantPayments(t, s, 3)
}

// TestContextEndsTheWaitForALock also leaves the server without our request.
func TestContextEndsTheWaitForALock(t *testing.T) {
	server := testserver.Postgres(t)
	address := server.URL("postgres", server.Database(t))
	s := migrated(t, address, postgres.Options{})
	other := raw(t, address)
	rawExec(t, other, "BEGIN; LOCK TABLE payments")
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	err := s.Update(ctx, recording(newPayment("a", 1)))
	wantClass(t, err, store.ClassOutage, "record 1 payments: context deadline exceeded")
	if !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v does not say that the deadline passed", err)
	}
	rawExec(t, other, "ROLLBACK")
	wantPayments(t, s, 0)
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("after the lock: %v", err)
	}
}
