package sqlite_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/sqlite"
)

// older makes a database of version 1, as the recibo of that time did.
func older(t *testing.T, file string) *sql.DB {
	t.Helper()
	first, err := os.ReadFile("migrations/00001_tables.sql")
	if err != nil {
		t.Fatal(err)
	}
	db := rawDB(t, file)
	rawExec(t, db, "CREATE TABLE recibo_migrations (id INTEGER PRIMARY KEY AUTOINCREMENT, version_id INTEGER NOT NULL, is_applied INTEGER NOT NULL, tstamp TIMESTAMP DEFAULT (datetime('now')))")
	rawExec(t, db, "INSERT INTO recibo_migrations (version_id, is_applied) VALUES (0, 1)")
	rawExec(t, db, string(first)) // what goose reads is a comment
	rawExec(t, db, "INSERT INTO recibo_migrations (version_id, is_applied) VALUES (1, 1)")
	return db
}

// olderRows are what version 1 wrote: a payment, an entry with its history, a
// tally, a writer and an outage.
func olderRows(t *testing.T, db *sql.DB) (store.Payment, quarantine.Entry, []quarantine.HistoryLine) {
	t.Helper()
	const when = "2026-11-23T14:15:03.123Z"
	p := newPayment("a", 15075)
	p.Source, p.Extra = "app", []byte(`{"n":1}`)
	rawExec(t, db, `INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method, source, extra,
		fingerprint, queue, position, recorded_at) VALUES ('a', '150.75', 'BRL', 'payer', 'payee', ?, 'pix', 'app', '{"n":1}', ?, 'payments', 'payments@1', ?)`,
		when, p.Fingerprint[:], when)
	e := *quarantine.New(quarantine.Conflict, []byte("\x00\xff bad"), "bad", []quarantine.FieldError{{Field: "amount", Code: "comma"}}, day)
	e.Headers, e.Amount, e.Attempt, e.Queue, e.Position = map[string]string{"a": "b"}, &payment.Money{Minor: 5, Currency: "BRL"}, 1, "payments", "payments@2"
	rawExec(t, db, `INSERT INTO quarantine (id, reason, detail, field_errors, headers, queue, position, amount, currency, seen, first_seen_at, last_seen_at,
		state, attempt, truncated, body_size, body_sha256, body) VALUES (?, 'conflict', 'bad', '[{"field":"amount","code":"comma"}]', '{"a":"b"}', 'payments', 'payments@2',
		'0.05', 'BRL', 1, ?, ?, 'held', 1, 0, ?, ?, ?)`, e.ID, when, when, len(e.Body), e.BodySHA256[:], e.Body)
	lines := []quarantine.HistoryLine{
		{EntryID: e.ID, To: "held", Reason: "conflict", Actor: "recorder", At: day},
		{EntryID: e.ID, From: "held", To: "redriven", Attempt: 1, Reason: "conflict", Actor: "ana", Note: "again", At: day},
		{EntryID: e.ID, From: "redriven", To: "held", Attempt: 1, Reason: "conflict", Actor: "recorder", At: day},
	}
	for _, l := range lines {
		rawExec(t, db, `INSERT INTO quarantine_history (entry_id, from_state, to_state, attempt, reason, actor, note, at)
			VALUES (?, nullif(?, ''), ?, ?, ?, ?, nullif(?, ''), ?)`, l.EntryID, string(l.From), string(l.To), l.Attempt, string(l.Reason), l.Actor, l.Note, when)
	}
	rawExec(t, db, `INSERT INTO tally VALUES ('w1', '2026-11-23T14:00:00.000Z', 'recorded', '', 'BRL', 'pix', 7, '99999999999999999999.01'),
		('w1', '2026-11-23T14:00:00.000Z', 'duplicate', '', 'BRL', 'pix', 2, '0.00'),
		('w1', '2026-11-23T14:00:00.000Z', 'quarantined', 'conflict', 'BRL', 'pix', 3, '0.05')`)
	rawExec(t, db, "INSERT INTO writers VALUES ('w1', 'r1', 'box', 'v1', ?, ?, 41)", when, when)
	rawExec(t, db, "INSERT INTO outages VALUES ('o1', 'r1', 'store', 'sqlite:x', ?, ?, NULL, 5, 'locked', NULL)", when, when)
	rawExec(t, db, "CREATE VIEW of_others AS SELECT sum(count) AS n FROM tally")
	return p, e, lines
}

// TestUpgrade finds everything of version 1 as it was, and works on with it.
func TestUpgrade(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	p, e, lines := olderRows(t, older(t, file))
	s := open(t, file, sqlite.Options{})
	wantRows(t, s, p, e, lines)
	big, err := payment.ParseTotal("99999999999999999999.01", "BRL")
	if err != nil {
		t.Fatal(err)
	}
	want := store.Totals{Recorded: 7, Duplicates: 2, Amount: map[payment.Currency]payment.Total{"BRL": big},
		Quarantined: map[quarantine.Reason]int64{quarantine.Conflict: 3}, States: map[quarantine.State]int64{quarantine.Held: 1},
		HeldBy: map[quarantine.Reason]int64{quarantine.Conflict: 1}, Outages: 1, OutagesOpen: 1}
	wantTotals(t, s, want)
	redrive := quarantine.Transition{EntryID: e.ID, From: quarantine.Held, To: quarantine.Redriven, By: quarantine.Operator, Attempt: 1, RedriveID: "r1", Actor: "ana", At: day}
	err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if landed, err := tx.Claim(ctx, store.Writer{ID: "w1", Seq: 42, SeenAt: day}); landed || err != nil {
			t.Errorf("the writer's next number: landed %t, error %v", landed, err)
		}
		if landed, err := store.Desk(tx).Redrive(ctx, newRedrive()); landed || err != nil {
			t.Errorf("redrive: landed %t, error %v", landed, err)
		}
		if os, err := store.Controls(tx).Control(ctx, []store.Control{newControl(3)}); err != nil || os[0].Kind != store.Recorded {
			t.Errorf("control total: %v, error %v", os, err)
		}
		mending := quarantine.Mending{EntryID: e.ID, Attempt: 1, Body: []byte("better"), Actor: "ana", At: day}
		if done, err := store.Desk(tx).Mend(ctx, mending); !done || err != nil {
			t.Errorf("mended %t, error %v", done, err)
		}
		if done, err := tx.Transition(ctx, []quarantine.Transition{redrive}); err != nil || !done[0] {
			t.Errorf("transition: %v, error %v", done, err)
		}
		return tx.Tally(ctx, []store.TallyLine{{Count: 1, TallyKey: store.TallyKey{Writer: "w1", Hour: day.Truncate(time.Hour), Fate: store.FateControl}}})
	})
	if err != nil {
		t.Fatal(err)
	}
	e.MendedBody, e.State, e.Attempt, e.RedriveID = []byte("better"), quarantine.Redriven, 2, "r1"
	lines = append(lines,
		quarantine.HistoryLine{EntryID: e.ID, From: "held", To: "held", Attempt: 1, Reason: "conflict", Actor: "ana", At: day, MendedSHA256: new(sha256.Sum256(e.MendedBody))},
		quarantine.HistoryLine{EntryID: e.ID, From: "held", To: "redriven", Attempt: 2, Reason: "conflict", Actor: "ana", At: day})
	wantRows(t, s, p, e, lines)
	want.Controls, want.States, want.HeldBy = 1, map[quarantine.State]int64{quarantine.Redriven: 1}, nil
	wantTotals(t, s, want)
	if n := shell(t, file, "SELECT n FROM of_others"); n != "13" {
		t.Errorf("a view on the tally counts %s, want 13", n)
	}
}

func wantRows(t *testing.T, s store.Store, p store.Payment, e quarantine.Entry, lines []quarantine.HistoryLine) {
	t.Helper()
	ps, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if diff := cmp.Diff([]store.Payment{p}, ps.Items); diff != "" || err != nil {
		t.Errorf("payments (-want +got), error %v:\n%s", err, diff)
	}
	es, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if diff := cmp.Diff([]quarantine.Entry{e}, es.Items); diff != "" || err != nil {
		t.Errorf("entries (-want +got), error %v:\n%s", err, diff)
	}
	got, err := s.Reader().History(t.Context(), e.ID)
	if diff := cmp.Diff(lines, got); diff != "" || err != nil {
		t.Errorf("history (-want +got), error %v:\n%s", err, diff)
	}
}

func wantTotals(t *testing.T, s store.Store, want store.Totals) {
	t.Helper()
	got, err := s.Reader().Totals(t.Context())
	same := cmp.Comparer(func(a, b payment.Total) bool { return a == b })
	if diff := cmp.Diff(want, got, same, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Errorf("totals (-want +got), error %v:\n%s", err, diff)
	}
}

// TestUpgradeIsWholeOrNot stops in the middle and finds version 1 untouched.
func TestUpgradeIsWholeOrNot(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	db := older(t, file)
	olderRows(t, db)
	rawExec(t, db, "CREATE TABLE tally_before (x INTEGER)") // in the way of the last step
	if s, err := sqlite.Open(t.Context(), file, sqlite.Options{}); err == nil {
		_ = s.Close()
		t.Fatal("the upgrade went over another program's table")
	}
	for query, want := range map[string]string{
		"SELECT max(version_id) FROM recibo_migrations":                                   "1",
		"SELECT count(*) FROM sqlite_schema WHERE name IN ('redrives', 'control_totals')": "0",
		"SELECT count(*) FROM pragma_table_info('quarantine') WHERE name = 'redrive_id'":  "0",
		"SELECT group_concat(count) FROM (SELECT count FROM tally ORDER BY fate)":         "2,3,7",
		"SELECT count(*) FROM sqlite_schema WHERE name = 'quarantine_redrive_id'":         "0",
	} {
		if got := shell(t, file, query); got != want {
			t.Errorf("%s: %s, want %s", query, got, want)
		}
	}
	rawExec(t, db, "DROP TABLE tally_before")
	if err := open(t, file, sqlite.Options{}).Check(t.Context()); err != nil {
		t.Errorf("after the other table went: %v", err)
	}
}

// TestUpgradeAtOnce opens a database of version 1 by several at once: each finds
// the tables of this version.
func TestUpgradeAtOnce(t *testing.T) {
	for range 5 {
		file := filepath.Join(t.TempDir(), "recibo.db")
		olderRows(t, older(t, file))
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				s, err := sqlite.Open(t.Context(), file, sqlite.Options{})
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				page, err := s.Reader().Entries(t.Context(), store.EntryQuery{RedriveID: "r1"})
				if err != nil || len(page.Items) != 0 {
					t.Errorf("%d entries, error %v; want none", len(page.Items), err)
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
		}
		wg.Wait()
	}
}
