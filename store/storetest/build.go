package storetest

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// start is when everything in the suite begins.
var start = time.Date(2026, 11, 23, 14, 15, 3, 123e6, time.UTC)

func at(after time.Duration) time.Time { return start.Add(after) }

// newPayment returns a valid payment of minor centavos.
func newPayment(id string, minor int64) store.Payment {
	return paymentOf(payment.Event{
		TransactionID: id,
		Amount:        payment.Money{Minor: minor, Currency: "BRL"},
		PayerAccount:  "BR1800360305000010009795493C1",
		PayeeAccount:  "BR9760701190011700001472660P1",
		OccurredAt:    start, Method: "pix", Source: "mobile-app",
	})
}

func paymentOf(e payment.Event) store.Payment {
	return store.Payment{
		Event: e, Fingerprint: payment.FingerprintOf(&e),
		Queue: "payments", Position: "payments@7", RecordedAt: at(time.Second),
	}
}

// newEntry returns a held entry for a body.
func newEntry(reason quarantine.Reason, body string, seenAt time.Time) quarantine.Entry {
	fields := []quarantine.FieldError{{Field: "amount", Code: "comma", Value: "150,75", Hint: "use a point: 150.75"}}
	e := quarantine.New(reason, []byte(body), "the amount is not a number", fields, seenAt)
	e.Queue, e.Position = "payments", "payments@9"
	return *e
}

func sortPayments(ps []store.Payment) []store.Payment {
	slices.SortFunc(ps, func(a, b store.Payment) int { return bytes.Compare([]byte(a.TransactionID), []byte(b.TransactionID)) })
	return ps
}

func sortEntries(es []quarantine.Entry) []quarantine.Entry {
	slices.SortFunc(es, func(a, b quarantine.Entry) int { return bytes.Compare([]byte(a.ID), []byte(b.ID)) })
	return es
}

func update(t testing.TB, s store.Store, fn func(context.Context, store.Tx) error) {
	t.Helper()
	if err := store.Retry(t.Context(), s, fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

func record(t testing.TB, s store.Store, ps ...store.Payment) []store.Outcome {
	t.Helper()
	var outcomes []store.Outcome
	update(t, s, func(ctx context.Context, tx store.Tx) (err error) {
		outcomes, err = tx.Record(ctx, sortPayments(ps))
		return err
	})
	if len(outcomes) != len(ps) {
		t.Fatalf("record answered %d outcomes for %d payments", len(outcomes), len(ps))
	}
	return outcomes
}

func hold(t testing.TB, s store.Store, es ...quarantine.Entry) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.Quarantine(ctx, sortEntries(es)) })
}

func transition(t testing.TB, s store.Store, ts ...quarantine.Transition) []bool {
	t.Helper()
	var done []bool
	update(t, s, func(ctx context.Context, tx store.Tx) (err error) {
		done, err = tx.Transition(ctx, ts)
		return err
	})
	if len(done) != len(ts) {
		t.Fatalf("transition answered %d for %d", len(done), len(ts))
	}
	return done
}

func tally(t testing.TB, s store.Store, lines ...store.TallyLine) {
	t.Helper()
	update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.Tally(ctx, lines) })
}

// readPayment returns the payment with this id.
func readPayment(t testing.TB, s store.Store, id string) store.Payment {
	t.Helper()
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{IDs: []string{id}})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("payment %q: %d rows, error %v", id, len(page.Items), err)
	}
	return page.Items[0]
}

func readEntry(t testing.TB, s store.Store, id string) quarantine.Entry {
	t.Helper()
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{IDs: []string{id}})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("entry %q: %d rows, error %v", id, len(page.Items), err)
	}
	return page.Items[0]
}

func history(t testing.TB, s store.Store, id string) []quarantine.HistoryLine {
	t.Helper()
	lines, err := s.Reader().History(t.Context(), id)
	if err != nil {
		t.Fatalf("history of %s: %v", id, err)
	}
	return lines
}

func totals(t testing.TB, s store.Store) store.Totals {
	t.Helper()
	sums, err := s.Reader().Totals(t.Context())
	if err != nil {
		t.Fatalf("totals: %v", err)
	}
	return sums
}

// same compares what was read with what was written. Times are compared as
// instants, totals by value, and extra fields as JSON.
func same(t testing.TB, what string, want, got any) {
	t.Helper()
	isExtra := func(p cmp.Path) bool { return p.Last().String() == ".Extra" }
	options := cmp.Options{
		cmp.FilterPath(func(p cmp.Path) bool { return !isExtra(p) }, cmpopts.EquateEmpty()),
		cmp.FilterPath(isExtra, cmp.Comparer(sameJSON)),
		cmp.Comparer(func(a, b payment.Total) bool { return a == b }),
	}
	if diff := cmp.Diff(want, got, options); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

func sameJSON(a, b []byte) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return canonical(a) == canonical(b)
}

func canonical(b []byte) string {
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.UseNumber()
	var v any
	if err := decoder.Decode(&v); err != nil {
		return fmt.Sprintf("not JSON: %v", err)
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("not JSON: %v", err)
	}
	return string(text)
}
