package sqlite_test

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/sqlite"
)

// shell asks the sqlite3 shell, or the driver where there is none.
func shell(t *testing.T, file, query string) string {
	t.Helper()
	if path, err := exec.LookPath("sqlite3"); err == nil {
		out, err := exec.CommandContext(t.Context(), path, file, query).CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", query, err, out)
		}
		return strings.TrimSpace(string(out))
	}
	var s string
	if err := rawDB(t, file).QueryRowContext(t.Context(), query).Scan(&s); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	return s
}

// TestShell sees what a person sees who opens the file.
func TestShell(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{})
	most := newPayment("b", 99_999_999_999_999)
	yen := newPayment("c", 1500)
	yen.Amount.Currency = "JPY"
	yen.Fingerprint = payment.FingerprintOf(&yen.Event)
	if err := s.Update(t.Context(), recording(newPayment("a", 15075), most, yen)); err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT amount FROM payments WHERE transaction_id = 'a'":                             "150.75",
		"SELECT amount FROM payments WHERE transaction_id = 'b'":                             "999999999999.99",
		"SELECT amount FROM payments WHERE transaction_id = 'c'":                             "1500",
		"SELECT occurred_at FROM payments WHERE transaction_id = 'a'":                        "2026-11-23T14:15:03.123Z",
		"SELECT sum(amount_minor) FROM payments WHERE currency = 'BRL'":                      "100000000015074",
		"SELECT count(*) FROM payments WHERE currency = 'BRL' AND amount_minor >= 15075":     "2",
		"SELECT length(fingerprint) FROM payments WHERE transaction_id = 'a'":                "32",
		"SELECT group_concat(transaction_id) FROM payments WHERE occurred_at < '2026-12'":    "a,b,c",
		"SELECT source IS NULL AND extra IS NULL AND entry_id IS NULL FROM payments LIMIT 1": "1",
	} {
		if got := shell(t, file, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

func TestMissingTableIsFoundByCheck(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{})
	rawExec(t, rawDB(t, file), "DROP TABLE outages")
	if err := s.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "table outages is missing") {
		t.Errorf("check: %v", err)
	}
}

// TestQuestionsUseIndexes reads the plans of the lists: no sort of everything,
// no scan where there are ids.
func TestQuestionsUseIndexes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	open(t, file, sqlite.Options{})
	for query, index := range map[string]string{
		"SELECT * FROM payments WHERE (occurred_at, transaction_id) < ('x', 'y') AND source = 'a' ORDER BY occurred_at DESC, transaction_id DESC LIMIT 10": "payments_occurred_at",
		"SELECT * FROM payments WHERE transaction_id > 'a' ORDER BY transaction_id LIMIT 10":                                                               "sqlite_autoindex_payments_1",
		"SELECT * FROM payments WHERE transaction_id IN (SELECT value FROM json_each('[]')) ORDER BY transaction_id LIMIT 10":                              "sqlite_autoindex_payments_1 (transaction_id=?)",
		"SELECT * FROM payments WHERE transaction_id IN (SELECT value FROM json_each('[]')) AND rowid <= 9":                                                "sqlite_autoindex_payments_1 (transaction_id=?",
		"SELECT max(rowid) FROM payments": "SEARCH payments",
		"SELECT * FROM quarantine WHERE state IN (SELECT value FROM json_each('[]')) AND (first_seen_at, id) < ('x', 'y') ORDER BY first_seen_at DESC, id DESC LIMIT 9": "INDEX quarantine_",
		"SELECT * FROM quarantine WHERE transaction_id IN (SELECT value FROM json_each('[]')) ORDER BY first_seen_at DESC, id DESC LIMIT 9":                             "quarantine_transaction_id",
		"SELECT state, reason, count(*) FROM quarantine GROUP BY state, reason":                                                                                         "COVERING INDEX quarantine_state",
		"SELECT * FROM outages WHERE ended_at IS NULL ORDER BY began_at DESC, id DESC LIMIT 9":                                                                          "outages_open",
		"SELECT * FROM redrives WHERE state IN (SELECT value FROM json_each('[]')) ORDER BY began_at DESC, id DESC LIMIT 9":                                             "redrives_began_at",
		"SELECT * FROM control_totals WHERE window_until > 'x' AND (window_until, id) < ('x', 'x') ORDER BY window_until DESC, id DESC LIMIT 9":                         "control_totals_window_until (window_until",
		"SELECT * FROM control_totals WHERE source IS 'x' AND window_from < 'x' ORDER BY id LIMIT 9":                                                                    "sqlite_autoindex_control_totals_1",
		"SELECT * FROM quarantine_history WHERE entry_id = 'a' ORDER BY line":                                                                                           "quarantine_history_entry_id",
	} {
		if plan := explain(t, file, query); !strings.Contains(plan, index) {
			t.Errorf("%s:\n%s\nwant %q", query, plan, index)
		}
	}
}

// TestEntriesUseIndexes reads the plans of what redrive, export and find ask:
// pages by id are read in their order, not sorted one by one.
func TestEntriesUseIndexes(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	open(t, file, sqlite.Options{})
	type states = []quarantine.State
	invalid := []quarantine.Reason{quarantine.Invalid}
	for _, c := range []struct {
		q     store.EntryQuery
		end   string
		index string
	}{
		{store.EntryQuery{States: states{quarantine.Held}}, " AND id > 'x' ORDER BY id LIMIT 9", "quarantine_state_id (state=? AND id>?)"},
		{store.EntryQuery{States: states{quarantine.Held}, Reasons: invalid, SeenBefore: day}, " AND id > 'x' ORDER BY id LIMIT 9", "quarantine_state_id (state=? AND id>?)"},
		{store.EntryQuery{States: states{quarantine.Resolved, quarantine.Discarded}}, " AND id > 'x' ORDER BY id LIMIT 9", "sqlite_autoindex_quarantine_1 (id>?)"},
		{store.EntryQuery{States: states{quarantine.Redriven}, RedriveID: "r1"}, " AND id > 'x' ORDER BY id LIMIT 9", "quarantine_redrive_id (redrive_id=? AND state=? AND id>?)"},
		{store.EntryQuery{States: states{quarantine.Held}, TransactionIDs: []string{"a"}}, " ORDER BY id LIMIT 9", "quarantine_transaction_id (transaction_id=?)"},
		{store.EntryQuery{States: states{quarantine.Resolved}, RedriveID: "r1"}, " GROUP BY reason", "quarantine_redrive_id (redrive_id=?)"},
	} {
		if strings.Contains(c.end, "ORDER BY id") {
			c.q.Order = store.ByID
		}
		where, args := sqlite.EntryFilter(c.q)
		plan := explain(t, file, "SELECT * FROM quarantine"+where+c.end, args...)
		if !strings.Contains(plan, c.index) || strings.Contains(plan, "TEMP B-TREE FOR ORDER BY") != (c.q.TransactionIDs != nil) {
			t.Errorf("%s:\n%s\nwant %q", where, plan, c.index)
		}
	}
}

func explain(t *testing.T, file, query string, args ...any) string {
	t.Helper()
	rows, err := rawDB(t, file).QueryContext(t.Context(), "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = rows.Close() }()
	var plan []string
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			t.Fatal(err)
		}
		plan = append(plan, detail)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return strings.Join(plan, "\n")
}

// TestMigratesAnEmptyFile upgrades from version 0, with the file there.
func TestMigratesAnEmptyFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	write(t, file, "")
	s := open(t, file, sqlite.Options{})
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	if got := shell(t, file, "SELECT max(version_id) FROM recibo_migrations"); got != "2" {
		t.Errorf("version %s, want 2", got)
	}
	if l := s.Limits(); l != (store.Limits{Writers: 1, Batch: 1000}) {
		t.Errorf("limits %+v", l)
	}
}
