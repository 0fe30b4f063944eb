package mongodb_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

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
		outcomes, err := tx.Record(ctx, ps)
		if err != nil {
			return err
		}
		counts := map[store.Fate]int64{}
		var sum payment.Total
		for i, o := range outcomes {
			if o.Kind == store.Recorded {
				counts[store.FateRecorded]++
				sum = sum.Add(ps[i].Amount)
			} else {
				counts[store.FateDuplicate]++
			}
		}
		var lines []store.TallyLine
		for _, fate := range []store.Fate{store.FateDuplicate, store.FateRecorded} {
			if counts[fate] > 0 {
				key := store.TallyKey{Writer: writer, Hour: day.Truncate(time.Hour), Fate: fate, Currency: "BRL", Method: "pix"}
				lines = append(lines, store.TallyLine{TallyKey: key, Count: counts[fate], Amount: sum})
			}
		}
		return tx.Tally(ctx, lines)
	}
}

// landed asks whether a number was committed.
func landed(t testing.TB, s store.Store, seq int64) (landed bool) {
	t.Helper()
	err := store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) (err error) {
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

// raw is a database past the store, as another program would have it.
func raw(t testing.TB, address string) *mongo.Database {
	t.Helper()
	c, err := mongo.Connect(options.Client().ApplyURI(address))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Disconnect(context.Background()) })
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return c.Database(strings.TrimPrefix(u.Path, "/"))
}

// run runs a command, in extended JSON, past the store.
func run(t testing.TB, db *mongo.Database, command string) {
	t.Helper()
	var d bson.D
	if err := bson.UnmarshalExtJSON([]byte(command), false, &d); err != nil {
		t.Fatalf("%s: %v", command, err)
	}
	if err := db.RunCommand(t.Context(), d).Err(); err != nil {
		t.Fatalf("%s: %v", command, err)
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
