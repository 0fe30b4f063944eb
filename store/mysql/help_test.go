package mysql_test

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
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

func holding(bodies ...string) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		var es []quarantine.Entry
		for _, body := range bodies {
			es = append(es, *quarantine.New(quarantine.Invalid, []byte(body), "bad", nil, day))
		}
		slices.SortFunc(es, func(a, b quarantine.Entry) int { return strings.Compare(a.ID, b.ID) })
		return tx.Quarantine(ctx, es)
	}
}

// counted is what a recorder's transaction does: claim, record, tally.
func counted(seq int64, ps ...store.Payment) func(context.Context, store.Tx) error {
	return countedBy("w", seq, ps...)
}

func countedBy(writer string, seq int64, ps ...store.Payment) func(context.Context, store.Tx) error {
	return func(ctx context.Context, tx store.Tx) error {
		landed, err := tx.Claim(ctx, store.Writer{ID: writer, Recorder: "r", StartedAt: day, SeenAt: day, Seq: seq})
		if err != nil || landed {
			return err
		}
		if _, err := tx.Record(ctx, ps); err != nil {
			return err
		}
		key := store.TallyKey{Writer: writer, Hour: day.Truncate(time.Hour), Fate: store.FateRecorded, Currency: "BRL", Method: "pix"}
		var sum payment.Total
		for i := range ps {
			sum = sum.Add(ps[i].Amount)
		}
		return tx.Tally(ctx, []store.TallyLine{{TallyKey: key, Count: int64(len(ps)), Amount: sum}})
	}
}

// landed asks whether a number was committed.
func landed(t testing.TB, s store.Store, seq int64) (landed bool) {
	t.Helper()
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) (err error) {
		landed, err = tx.Claim(ctx, store.Writer{ID: "w", Recorder: "r", StartedAt: day, SeenAt: day, Seq: seq})
		if err == nil && !landed {
			return errRollback
		}
		return err
	})
	if err != nil && err != errRollback {
		t.Fatalf("claim: %v", err)
	}
	return landed
}

var errRollback = fmt.Errorf("roll back")

func wantPayments(t testing.TB, s store.Store, want int) {
	t.Helper()
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if err != nil || len(page.Items) != want {
		t.Errorf("%d payments, error %v; want %d", len(page.Items), err, want)
	}
}

// raw is a connection past the store, as another program would have it.
func raw(t testing.TB, address string) *sql.Conn {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	config := driver.NewConfig()
	config.User = u.User.Username()
	config.Passwd, _ = u.User.Password()
	config.Net, config.Addr, config.DBName, config.MultiStatements = "tcp", u.Host, strings.TrimPrefix(u.Path, "/"), true
	connector, err := driver.NewConnector(config)
	if err != nil {
		t.Fatal(err)
	}
	db := sql.OpenDB(connector)
	c, err := db.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = c.Close()
		_ = db.Close()
	})
	return c
}

func rawExec(t testing.TB, c *sql.Conn, text string) {
	t.Helper()
	if _, err := c.ExecContext(t.Context(), text); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
}

// with returns the address with parameters added or changed.
func with(address string, parameters ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	q := u.Query()
	for i := 0; i < len(parameters); i += 2 {
		q.Set(parameters[i], parameters[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// at returns the address at another host and port.
func at(address, host string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	u.Host = host
	return u.String()
}

func wantNoSecret(t testing.TB, text string) {
	t.Helper()
	if strings.Contains(text, testserver.Password) {
		t.Errorf("the password shows: %s", text)
	}
}
