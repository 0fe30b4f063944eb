package app

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/internal/config"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/sqlite"
	"recibo/wire"
)

// bank is a database with a bit of everything, and a receipt of it.
type bank struct {
	app     *App
	db      *sql.DB
	file    string // of the receipt
	held    []quarantine.Entry
	payment store.Payment // the one that came out of quarantine
}

const bankRows = 60 // one a second: a minute of three sources

func bankRow(i int) store.Payment {
	p := tableRow(i * 50)
	p.RecordedAt = p.OccurredAt.Add(time.Second)
	return p
}

// openBank makes it: payments and their control totals, one that was mended, two
// that wait, an outage.
func openBank(t *testing.T) *bank {
	t.Helper()
	dir := t.TempDir()
	file := filepath.Join(dir, "recibo.db")
	s, err := sqlite.Open(t.Context(), file, sqlite.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	b := &bank{file: filepath.Join(dir, "receipt.txt")}
	waits := bankRow(bankRows)
	b.held = []quarantine.Entry{*quarantine.New(quarantine.Rejected, wire.Encode(&waits.Event), "why", nil, tableStart),
		*quarantine.New(quarantine.Malformed, []byte("{"), "why", nil, tableStart)}
	slices.SortFunc(b.held, func(x, y quarantine.Entry) int { return strings.Compare(x.ID, y.ID) })
	was := quarantine.New(quarantine.Invalid, []byte("{}"), "why", nil, tableStart)
	was.MendedBody, was.State, was.Attempt = []byte("{ }"), quarantine.Resolved, 1
	var ps []store.Payment
	controls := map[string]*store.Control{}
	for i := range bankRows {
		p := bankRow(i)
		if i == 7 {
			p.EntryID = was.ID
			b.payment = p
		}
		ps = append(ps, p)
		countRow(controls, &p)
	}
	slices.SortFunc(ps, func(x, y store.Payment) int { return strings.Compare(x.TransactionID, y.TransactionID) })
	record(t, s, func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Record(ctx, ps); err != nil {
			return err
		}
		if err := tx.Quarantine(ctx, append([]quarantine.Entry{*was}, b.held...)); err != nil {
			return err
		}
		return tx.Outage(ctx, store.Outage{ID: "outage", Recorder: "r", Component: store.StoreComponent, Target: "here",
			BeganAt: tableStart, SeenAt: tableStart, EndedAt: tableStart.Add(time.Second), Attempts: 1, LastError: "away"})
	})
	recordControls(t, s, controls)
	if b.db, err = sql.Open("sqlite", "file:"+file); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.db.Close() })
	address, err := config.ParseAddress("sqlite:" + file)
	if err != nil {
		t.Fatal(err)
	}
	b.app = &App{Config: &config.Config{Store: address}}
	return b
}

func (b *bank) verify(t *testing.T) Verification {
	t.Helper()
	v, err := b.app.VerifyReceipt(t.Context(), b.file)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

func figuresOf(v *Verification) []string {
	var all []string
	for _, d := range v.Differences {
		all = append(all, d.Figure)
	}
	return all
}

// TestVerifyReceipt: whatever is done to the rows after a receipt was made, it is
// named; what others record, resolve and end is no difference.
func TestVerifyReceipt(t *testing.T) {
	window := "control_totals.window mobile-app 2026-01-01T00:00:00.000Z 2026-01-01T00:01:00.000Z"
	for name, c := range map[string]struct {
		sql     string
		figures []string
		notes   int
	}{
		"nothing": {},
		"a payment recorded since": {sql: `INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method,
			source, fingerprint, queue, position, recorded_at) SELECT 'late', amount, currency, payer_account, payee_account, occurred_at, method,
			source, fingerprint, queue, position, '2099-01-01T00:00:00.000Z' FROM payments LIMIT 1`},
		"a control total recorded since": {sql: `UPDATE control_totals SET recorded_at = '2099-01-01T00:00:00.000Z' WHERE source = 'pos'`,
			figures: []string{"control_totals.count", "control_totals.windows", "control_totals.window pos 2026-01-01T00:00:02.000Z 2026-01-01T00:00:59.001Z",
				"control_totals.uncovered"}},
		"an entry that was resolved since":  {sql: "UPDATE quarantine SET state = 'resolved' WHERE reason = 'rejected'", notes: 1},
		"an entry that was discarded since": {sql: "UPDATE quarantine SET state = 'discarded' WHERE reason = 'malformed'", notes: 1},
		"an outage written since": {sql: `INSERT INTO outages SELECT 'another', recorder, component, target, began_at, seen_at, ended_at, attempts,
			last_error, closed_by FROM outages`, notes: 1},
		"a deleted entry": {sql: "DELETE FROM quarantine_history; DELETE FROM quarantine WHERE reason = 'malformed'", figures: []string{"held.entries."}},
		"a deleted row": {sql: "DELETE FROM payments WHERE position = '0'",
			figures: []string{"payments.count", "payments.amounts.BRL", window}},
		"an injected row": {sql: `INSERT INTO payments (transaction_id, amount, currency, payer_account, payee_account, occurred_at, method,
			source, fingerprint, queue, position, recorded_at) SELECT 'x', '1', 'JPY', payer_account, payee_account, occurred_at, method,
			source, fingerprint, queue, position, recorded_at FROM payments WHERE position = '0'`,
			figures: []string{"payments.count", "payments.amounts.JPY", window}},
		"a changed amount":                   {sql: "UPDATE payments SET amount = '0.02' WHERE position = '0'", figures: []string{"payments.amounts.BRL", window}},
		"a changed account":                  {sql: "UPDATE payments SET payee_account = 'mine' WHERE position = '0'", figures: []string{"payments.prints", window}},
		"a row that names no entry any more": {sql: "UPDATE payments SET entry_id = NULL", figures: []string{"redriven.count", "redriven.payments."}},
		"a row that names another entry":     {sql: "UPDATE payments SET entry_id = 'other' WHERE entry_id IS NOT NULL", figures: []string{"redriven.payments."}},
		"a changed control total":            {sql: "UPDATE control_totals SET producer = 'other' WHERE source = 'mobile-app'", figures: []string{"control_totals.sha256"}},
		"a deleted outage":                   {sql: "DELETE FROM outages", figures: []string{"outages.count", "outages.outage"}},
	} {
		t.Run(name, func(t *testing.T) {
			b := openBank(t)
			made, err := b.app.MakeReceipt(t.Context(), ReceiptRequest{File: b.file, Language: "en", Windows: Windows{Limit: 20}})
			if err != nil || made.Receipt.Verdict != ReceiptComplete {
				t.Fatalf("%+v, %v", made, err)
			}
			if _, err := b.db.ExecContext(t.Context(), c.sql); err != nil {
				t.Fatal(err)
			}
			v := b.verify(t)
			got := figuresOf(&v)
			same := slices.EqualFunc(c.figures, got, func(want, got string) bool {
				return got == want || strings.HasSuffix(want, ".") && strings.HasPrefix(got, want) || strings.HasPrefix(want, "control_totals.window pos") && strings.HasPrefix(got, "control_totals.window pos")
			})
			if !same || len(v.Notes) != c.notes || v.Verified != (len(c.figures) == 0) || v.Altered {
				t.Errorf("%+v\nwant differences in %q and %d notes", v, c.figures, c.notes)
			}
			want := ExitDone
			if len(c.figures) > 0 {
				want = ExitNo
			}
			if err := CheckReceipt(b.file, &v); ExitCode(err) != want {
				t.Errorf("it ends with %v", err)
			}
		})
	}
}

// TestReceiptSaysNoAccount: what it is made of holds many.
func TestReceiptSaysNoAccount(t *testing.T) {
	b := openBank(t)
	if _, err := b.app.MakeReceipt(t.Context(), ReceiptRequest{File: b.file, Language: "pt", Windows: Windows{Limit: 20}}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(b.file)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{"BR1800360305", "BR9760701190", "payer_account"} {
		if strings.Contains(string(text), secret) {
			t.Errorf("%q stands in the receipt", secret)
		}
	}
	for _, id := range []string{b.held[0].ID, b.held[1].ID, b.payment.EntryID, b.payment.TransactionID} {
		if !strings.Contains(string(text), id) {
			t.Errorf("%s does not stand in the receipt", id)
		}
	}
	info, err := os.Stat(b.file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// TestReceiptOfAPeriod: the figures are those of the period and the source.
func TestReceiptOfAPeriod(t *testing.T) {
	b := openBank(t)
	w := Windows{Limit: 20, Window: Window{Source: tableSources[1], Since: tableStart.Add(10 * time.Second), Until: tableStart.Add(20 * time.Second)}}
	if _, err := b.app.MakeReceipt(t.Context(), ReceiptRequest{File: b.file, Language: "en", Windows: w}); err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(b.file)
	if err != nil {
		t.Fatal(err)
	}
	r, intact, err := parseReceipt(string(text))
	if err != nil || !intact {
		t.Fatalf("intact %t, %v", intact, err)
	}
	var want payment.Total
	count := int64(0)
	for i := 10; i < 20; i++ {
		if p := bankRow(i); p.Source == w.Source {
			want, count = want.Add(p.Amount), count+1
		}
	}
	if diff := cmp.Diff(map[string]string{"BRL": want.Decimal("BRL")}, r.Payments.Amounts); diff != "" || r.Payments.Count != count ||
		r.Controls.Windows != 1 || r.Redriven.Count != 0 || r.Outages.Count != 0 || r.Held.Unplaced != 1 {
		t.Errorf("%+v\n%s", r, diff)
	}
	if v := b.verify(t); !v.Verified {
		t.Errorf("%+v", v)
	}
}
