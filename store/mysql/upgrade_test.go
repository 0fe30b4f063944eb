package mysql_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/internal/testserver"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mysql"
)

// firstVersion are the statements of version 1 of the tables, and rows of each
// as its program wrote them.
func firstVersion() string {
	const last = "INSERT INTO recibo_migrations (version_id, is_applied) VALUES (1, true);"
	ddl, _, _ := strings.Cut(mysql.DDL(), last)
	return ddl + last + `
		INSERT INTO payments VALUES ('E1', '150.75', 'BRL', 'a', 'b', '2026-01-01 10:00:00.123', 'pix', 'app', '{"x": 1e400}', unhex(repeat('a1', 32)),
			'payments', 'payments@1', NULL, '2026-01-01 10:00:01', DEFAULT), ('E2', '1500', 'JPY', 'a', 'b', '2026-01-01 10:00:02', 'pix', NULL, NULL,
			unhex(repeat('a2', 32)), 'payments', 'payments@2', 'e3', '2026-01-01 10:00:03', DEFAULT);
		INSERT INTO quarantine (id, reason, detail, field_errors, headers, queue, position, transaction_id, amount, currency, seen, first_seen_at, last_seen_at, state, attempt,
				truncated, body_size, body_sha256, body, mended_body)
			SELECT CONCAT('e', seq), 'invalid', 'bad', '[{"field":"amount","code":"comma","value":"1,5"}]', '{"h":"v"}', 'payments', 'payments@3', 'E9', '1.50', 'BRL',
				seq, '2026-01-01 10:00:00', '2026-01-01 11:00:00', ELT(seq, 'held', 'redriven', 'resolved', 'discarded'), 1, false, 3, unhex(repeat('b1', 32)), 'bad',
				IF(seq = 2, 'good', NULL) FROM seq_1_to_4;
		INSERT INTO quarantine_history (entry_id, from_state, to_state, attempt, reason, actor, note, at)
			SELECT id, NULL, 'held', 0, 'invalid', 'recorder', NULL, first_seen_at FROM quarantine ORDER BY id;
		INSERT INTO quarantine_history (entry_id, from_state, to_state, attempt, reason, actor, note, at)
			SELECT id, 'held', 'redriven', 1, 'invalid', 'ana', 'again', last_seen_at FROM quarantine ORDER BY id;
		INSERT INTO outages VALUES ('o1', 'r', 'queue', 'nats://q', '2026-01-01 09:00', '2026-01-01 09:01', NULL, 7, 'connection refused', NULL);
		INSERT INTO writers VALUES ('w', 'r', 'host', 'v1', '2026-01-01 09:00', '2026-01-01 10:00', 1);
		INSERT INTO tally VALUES ('w', '2026-01-01 10:00', 'recorded', '', 'BRL', 'pix', 1, '150.75'), ('w', '2026-01-01 10:00', 'recorded', '', 'JPY', 'pix', 1, '1500'),
			('w', '2026-01-01 10:00', 'duplicate', '', 'BRL', 'pix', 2, '301.50'), ('w', '2026-01-01 10:00', 'quarantined', 'invalid', 'BRL', '', 10, '15.00');`
}

// contents are all rows of version 1's tables, in version 1's columns.
const contents = `SELECT * FROM payments ORDER BY 1; SELECT id, reason, detail, field_errors, headers, queue, position, transaction_id, amount, currency, seen,
	first_seen_at, last_seen_at, state, attempt, truncated, body_size, body_sha256, body, mended_body, amount_minor FROM quarantine ORDER BY 1;
	SELECT line, entry_id, from_state, to_state, attempt, reason, actor, note, at FROM quarantine_history ORDER BY 1;
	SELECT * FROM outages ORDER BY 1; SELECT * FROM writers ORDER BY 1; SELECT * FROM tally ORDER BY 1, 2, 3, 4, 5, 6`

// TestUpgrade has a database of version 1 with all in it that there can be.
func TestUpgrade(t *testing.T) {
	server := testserver.MariaDB(t)
	database, fresh := server.Database(t), server.Database(t)
	server.SQL(t, database, firstVersion())
	before := server.SQL(t, database, contents)
	address := server.URL("root", database)
	s := open(t, address, mysql.Options{})
	for _, o := range []mysql.Options{{}, {ReadOnly: true}} {
		wantConfig(t, open(t, address, o).Check(t.Context()), "tables are of schema 1, this program wants 2", "run `recibo migrate` with the same store")
	}
	if err := errors.Join(s.Migrate(t.Context()), s.Check(t.Context()), s.Migrate(t.Context())); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(before, server.SQL(t, database, contents)); diff != "" || len(before) < 1000 {
		t.Errorf("rows changed (-before +after):\n%s", diff)
	}
	migrated(t, server.URL("root", fresh), mysql.Options{})
	if diff := cmp.Diff(schemaOf(t, server, fresh), schemaOf(t, server, database)); diff != "" {
		t.Errorf("the tables are not those of a new database (-new +upgraded):\n%s", diff)
	}
	wantUpgraded(t, s)
}

// wantUpgraded reads what version 1 wrote, and does what it could not.
func wantUpgraded(t *testing.T, s store.Store) {
	t.Helper()
	totals, err := s.Reader().Totals(t.Context())
	if err != nil || totals.Recorded != 2 || totals.Duplicates != 2 || totals.Controls != 0 || totals.Quarantined[quarantine.Invalid] != 10 || totals.States[quarantine.Held] != 1 {
		t.Errorf("totals %+v, error %v", totals, err)
	}
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{Order: store.ByID})
	if err != nil || len(page.Items) != 4 || page.Items[0].RedriveID != "" || string(page.Items[1].MendedBody) != "good" || page.Items[2].MendedBody != nil {
		t.Fatalf("entries %+v, error %v", page.Items, err)
	}
	lines, err := s.Reader().History(t.Context(), "e1")
	if err != nil || len(lines) != 2 || lines[1].Note != "again" || lines[1].MendedSHA256 != nil {
		t.Errorf("history %+v, error %v", lines, err)
	}
	err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := driving(newRedrive("r", 1))(ctx, tx); err != nil {
			return err
		}
		if err := controlling(newControl("p", 1))(ctx, tx); err != nil {
			return err
		}
		mended, err := store.Desk(tx).Mend(ctx, quarantine.Mending{EntryID: "e1", Attempt: 1, Body: []byte("good"), Actor: "ana", At: day})
		if err != nil || !mended {
			t.Errorf("mend: %v, error %v", mended, err)
		}
		moved, err := tx.Transition(ctx, []quarantine.Transition{{EntryID: "e1", From: quarantine.Held, To: quarantine.Redriven, By: quarantine.Operator,
			Attempt: 1, RedriveID: "run", Actor: "ana", At: day}})
		if err != nil || !moved[0] {
			t.Errorf("redrive: %v, error %v", moved, err)
		}
		if n, err := store.Desk(tx).Purge(ctx, []string{"e1", "e2", "e3", "e4"}); err != nil || n != 2 {
			t.Errorf("purge: %d, error %v", n, err)
		}
		return tx.Tally(ctx, []store.TallyLine{{TallyKey: store.TallyKey{Writer: "w", Hour: day, Fate: store.FateControl}, Count: 1}})
	})
	if err != nil {
		t.Fatal(err)
	}
	page, err = s.Reader().Entries(t.Context(), store.EntryQuery{RedriveID: "run"})
	if err != nil || len(page.Items) != 1 || page.Items[0].ID != "e1" || page.Items[0].Attempt != 2 {
		t.Errorf("redriven by the run: %+v, error %v", page.Items, err)
	}
	if totals, err = s.Reader().Totals(t.Context()); err != nil || totals.Controls != 1 || totals.States[quarantine.Resolved] != 0 {
		t.Errorf("totals %+v, error %v", totals, err)
	}
}

// TestUpgradeInterrupted has a migration end after each of its statements: the
// next one does the rest.
func TestUpgradeInterrupted(t *testing.T) {
	server := testserver.MariaDB(t)
	fresh := server.Database(t)
	migrated(t, server.URL("root", fresh), mysql.Options{})
	want := schemaOf(t, server, fresh)
	_, second, _ := strings.Cut(mysql.DDL(), "INSERT INTO recibo_migrations (version_id, is_applied) VALUES (1, true);")
	statements := strings.SplitAfter(second, ";\n")
	if len(statements) < 15 {
		t.Fatalf("%d statements", len(statements))
	}
	for n := range statements {
		database := server.Database(t)
		server.SQL(t, database, firstVersion()+strings.Join(statements[:n], ""))
		s := migrated(t, server.URL("root", database), mysql.Options{})
		if err := s.Check(t.Context()); err != nil {
			t.Errorf("after %d statements: %v", n, err)
		}
		if diff := cmp.Diff(want, schemaOf(t, server, database)); diff != "" {
			t.Errorf("after %d statements (-new +upgraded):\n%s", n, diff)
		}
	}
}

// TestRightsOfTheFirstVersion are not enough, which is found at the start.
func TestRightsOfTheFirstVersion(t *testing.T) {
	server := testserver.MariaDB(t)
	role := server.User(t, "recorder")
	database := server.Database(t)
	server.SQL(t, database, firstVersion())
	for _, table := range []string{"recibo_migrations", "payments", "quarantine", "quarantine_history", "outages", "writers", "tally"} {
		server.SQL(t, database, "GRANT SELECT, INSERT ON "+table+" TO `"+role+"`")
	}
	if err := open(t, server.URL("root", database), mysql.Options{}).Migrate(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := open(t, server.URL(role, database), mysql.Options{})
	wantConfig(t, s.Check(t.Context()), "table redrives is missing, or this user has no right to it", "give this user its rights")
	server.SQL(t, database, mysql.Grants(role))
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("with rights: %v", err)
	}
}
