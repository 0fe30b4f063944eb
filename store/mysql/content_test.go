package mysql_test

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mysql"
)

func of(p store.Payment, amount payment.Money) store.Payment {
	p.Amount = amount
	p.Fingerprint = payment.FingerprintOf(&p.Event)
	return p
}

// TestShell sees what a person sees who opens the database with the mariadb client.
func TestShell(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	s := migrated(t, server.URL("root", database), mysql.Options{})
	err := s.Update(t.Context(), recording(newPayment("a", 15075), newPayment("b", 99_999_999_999_999),
		of(newPayment("c", 1), payment.Money{Minor: 1500, Currency: "JPY"}), newPayment("d", 15050), newPayment("e", 10),
		of(newPayment("f", 1), payment.Money{Minor: 9_999_999_999_999_999, Currency: "CLF"}), newPayment("g", 1_000_000_00),
		of(newPayment("h", 1), payment.Money{Minor: 1, Currency: "KWD"})))
	if err != nil {
		t.Fatal(err)
	}
	for query, want := range map[string]string{
		"SELECT amount FROM payments WHERE currency = 'BRL' ORDER BY transaction_id":         "150.75\n999999999999.99\n150.50\n0.10\n1000000.00",
		"SELECT amount FROM payments WHERE currency <> 'BRL' ORDER BY transaction_id":        "1500\n999999999999.9999\n0.001",
		"SELECT amount_minor FROM payments ORDER BY transaction_id LIMIT 3":                  "15075\n99999999999999\n1500",
		"SELECT occurred_at FROM payments WHERE transaction_id = 'a'":                        "2026-11-23 14:15:03.123",
		"SET time_zone = '-03:00'; SELECT occurred_at FROM payments LIMIT 1":                 "2026-11-23 14:15:03.123",
		"SELECT SUM(amount_minor) / 100 FROM payments WHERE currency = 'BRL'":                "1000001000301.3400",
		"SELECT SUM(CAST(amount AS DECIMAL(20,4))) FROM payments WHERE currency = 'BRL'":     "1000001000301.3400",
		"SELECT length(fingerprint) FROM payments WHERE transaction_id = 'a'":                "32",
		"SELECT count(*) FROM payments WHERE occurred_at < '2026-12-01'":                     "8",
		"SELECT source IS NULL AND extra IS NULL AND entry_id IS NULL FROM payments LIMIT 1": "1",
	} {
		if got := server.SQL(t, database, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
}

// TestHostileText goes in and comes out as it was.
func TestHostileText(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	texts := []string{`'; DROP TABLE payments; --`, `"{,}\"NULL`, "NULL", "{}", `\\x00`, "\u200b\u202e", "\uffff\ufffe", "\U0010ffff", "İıßﬁ", "$1", "%s", "\x01\x7f\t\n"}
	var ps []store.Payment
	for i, text := range texts {
		p := newPayment(fmt.Sprintf("%02d", i), 1)
		p.PayerAccount, p.PayeeAccount, p.Source, p.Queue, p.Position, p.EntryID = text, text, text, text, text, text
		p.Extra = fmt.Appendf(nil, `{ "a" : %q, "a": 1e400, "n": 123456789012345678901234567890.10, "u": "\u0001" }`, "x"+fmt.Sprint(i))
		ps = append(ps, of(p, p.Amount))
	}
	if err := s.Update(t.Context(), recording(ps...)); err != nil {
		t.Fatal(err)
	}
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Order: store.ByID})
	if err != nil || len(page.Items) != len(ps) {
		t.Fatalf("%d rows, error %v", len(page.Items), err)
	}
	for i, got := range page.Items {
		want := ps[i]
		if got.PayerAccount != want.PayerAccount || got.PayeeAccount != want.PayeeAccount || got.Source != want.Source || got.Queue != want.Queue ||
			got.Position != want.Position || got.EntryID != want.EntryID || !bytes.Equal(got.Extra, want.Extra) || got.Fingerprint != want.Fingerprint {
			t.Errorf("%q came back as %+v", texts[i], got)
		}
		found, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Account: want.PayerAccount, Source: want.Source})
		if err != nil || len(found.Items) != 1 {
			t.Errorf("%q is found %d times, error %v", texts[i], len(found.Items), err)
		}
	}
}

// TestBigBatch records far more at once than the limits ask for.
func TestBigBatch(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	const many = 20_000
	ps := newBenchBatches(1).batch(many)
	if err := s.Update(t.Context(), recording(ps[:many/2]...)); err != nil {
		t.Fatal(err)
	}
	ps[5] = of(ps[5], payment.Money{Minor: 1 + ps[5].Amount.Minor, Currency: "BRL"})
	var outcomes []store.Outcome
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		outcomes, err = tx.Record(ctx, ps)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		want := store.Recorded
		if i < many/2 {
			want = store.Duplicate
		}
		if i == 5 {
			want = store.Conflict
		}
		if o.Kind != want {
			t.Fatalf("payment %d: kind %d, want %d", i, o.Kind, want)
		}
	}
}

// TestFlood holds a hundred thousand different bad messages, and all of them
// again: a few round trips a batch, not three for each.
func TestFlood(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	const batches, size = 20, 1000
	for round := range 2 {
		began := time.Now()
		for b := range batches {
			var bodies []string
			for i := range size {
				bodies = append(bodies, fmt.Sprintf("bad %d/%d", b, i))
			}
			if err := s.Update(t.Context(), holding(bodies...)); err != nil {
				t.Fatal(err)
			}
		}
		t.Logf("round %d: %.0f entries a second", round, batches*size/time.Since(began).Seconds())
	}
	totals, err := s.Reader().Totals(t.Context())
	if err != nil || totals.States[quarantine.Held] != batches*size {
		t.Errorf("%+v, error %v", totals, err)
	}
}

// TestManyLargeBodies are written in several statements of one transaction.
func TestManyLargeBodies(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	s := migrated(t, server.URL("root", database), mysql.Options{})
	body := string(noise(quarantine.MaxBody - 10))
	var bodies []string
	for i := range 40 {
		bodies = append(bodies, fmt.Sprint(i, body))
	}
	for range 2 {
		if err := s.Update(t.Context(), holding(bodies...)); err != nil {
			t.Fatal(err)
		}
	}
	if got := server.SQL(t, database, "SELECT count(*), sum(seen), sum(length(body) = body_size) FROM quarantine"); got != "40\t80\t40" {
		t.Errorf("%s entries, want 40, 80, 40", got)
	}
	if got := server.SQL(t, database, "SELECT count(*) FROM quarantine_history"); got != "40" {
		t.Errorf("%s lines of history, want 40", got)
	}
}

// TestAmountsAsTheServerReadsThem compares with the server's own text.
func TestAmountsAsTheServerReadsThem(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	s := migrated(t, server.URL("root", database), mysql.Options{})
	var ps []store.Payment
	var want []string
	r := rand.New(rand.NewPCG(3, 4))
	for _, currency := range []payment.Currency{"JPY", "BRL", "KWD", "CLF"} {
		decimals, _ := currency.Decimals()
		most := int64(1e12)
		for range decimals {
			most *= 10
		}
		for power := int64(1); power <= most; power *= 10 {
			for _, minor := range []int64{power - 1, power, power + 1, 1 + r.Int64N(power), power / 10 * (1 + r.Int64N(9))} {
				if minor > 0 && minor < most {
					p := of(newPayment(fmt.Sprintf("%05d", len(ps)), 1), payment.Money{Minor: minor, Currency: currency})
					ps, want = append(ps, p), append(want, p.Amount.Decimal())
				}
			}
		}
	}
	if err := s.Update(t.Context(), recording(ps...)); err != nil {
		t.Fatal(err)
	}
	got := strings.Split(server.SQL(t, database, "SELECT amount FROM payments ORDER BY transaction_id"), "\n")
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Order: store.ByID})
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range page.Items {
		if p.Amount != ps[i].Amount {
			t.Errorf("%s came back as %s", ps[i].Amount, p.Amount)
		}
	}
}
