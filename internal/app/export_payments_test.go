package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"recibo/payment"
	"recibo/store"
	"recibo/store/storetest"
)

var exportDay = time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)

// recordedAt fills a store with n payments, recorded one a second.
func recordedAt(t *testing.T, n int) *storetest.Faulty {
	t.Helper()
	s := storetest.NewFaulty(storetest.NewMemory())
	var ps []store.Payment
	for i := range n {
		p := store.Payment{Event: payment.Event{TransactionID: fmt.Sprintf("id-%06d", i), Amount: payment.Money{Minor: int64(i) + 1, Currency: "BRL"},
			PayerAccount: "BR1800360305000010009795493C1", PayeeAccount: "12345678", Method: "pix",
			OccurredAt: exportDay.Add(time.Duration(i/3) * time.Second)}, RecordedAt: exportDay.Add(time.Duration(i) * time.Second)}
		p.Fingerprint = payment.FingerprintOf(&p.Event)
		ps = append(ps, p)
	}
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		_, err := tx.Record(ctx, ps)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// export returns the ids that an export has, in order.
func export(ctx context.Context, t *testing.T, a *App, s store.Store, x PaymentExport, progress func(int64)) ([]string, error) {
	t.Helper()
	var out strings.Builder
	x.Format = NDJSON
	rows, err := a.exportPayments(ctx, s.Reader(), x, &out, progress)
	var ids []string
	for line := range strings.Lines(out.String()) {
		var p Payment
		if err := json.Unmarshal([]byte(line), &p); err != nil {
			t.Fatalf("%v in %q", err, line)
		}
		ids = append(ids, p.TransactionID)
	}
	if int64(len(ids)) != rows {
		t.Errorf("it says %d rows and wrote %d", rows, len(ids))
	}
	return ids, err
}

func wantLatestFirst(t *testing.T, ids []string, n int) {
	t.Helper()
	if len(ids) != n {
		t.Fatalf("%d rows, want %d", len(ids), n)
	}
	for i, id := range ids {
		if want := fmt.Sprintf("id-%06d", n-1-i); id != want {
			t.Fatalf("row %d is %s, want %s", i, id, want)
		}
	}
}

// TestExportGoesOnAfterAnOutage: pages are asked for again, and no row comes
// twice or is left out.
func TestExportGoesOnAfterAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := recordedAt(t, 3500)
		pages := 0
		ids, err := export(t.Context(), t, waiting(time.Minute), s, PaymentExport{}, func(int64) {
			if pages++; pages == 2 {
				s.Down("the database is restarting")
				time.AfterFunc(10*time.Second, s.Up)
			}
		})
		if err != nil || pages != 4 {
			t.Fatalf("%d pages, %v", pages, err)
		}
		wantLatestFirst(t, ids, 3500)
	})
}

func TestExportGivesUpAfterWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := recordedAt(t, 1500)
		ids, err := export(t.Context(), t, waiting(5*time.Second), s, PaymentExport{}, func(int64) { s.Down("gone") })
		if len(ids) != 1000 || ExitCode(err) != ExitUnreachable {
			t.Errorf("%d rows, %v", len(ids), err)
		}
	})
}

func TestExportInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	ids, err := export(ctx, t, waiting(time.Minute), recordedAt(t, 1500), PaymentExport{}, func(int64) { cancel() })
	if len(ids) != 1000 || !errors.Is(err, context.Canceled) {
		t.Errorf("%d rows, %v", len(ids), err)
	}
}

func TestExportLeavesOutWhatWasRecordedSince(t *testing.T) {
	x := PaymentExport{RecordedBefore: exportDay.Add(1200 * time.Second)}
	ids, err := export(t.Context(), t, waiting(0), recordedAt(t, 2500), x, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	wantLatestFirst(t, ids, 1200)
}

// TestExportKeepsItsOrder: what the caller's query says of order and page does
// not matter.
func TestExportKeepsItsOrder(t *testing.T) {
	x := PaymentExport{Query: store.PaymentQuery{Order: store.ByID, Limit: 7}}
	ids, err := export(t.Context(), t, waiting(0), recordedAt(t, 50), x, func(int64) {})
	if err != nil {
		t.Fatal(err)
	}
	wantLatestFirst(t, ids, 50)
}

// asked notes what a reader is asked for.
type asked struct {
	store.Reader
	queries []store.PaymentQuery
}

func (a *asked) Payments(ctx context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	a.queries = append(a.queries, q)
	return a.Reader.Payments(ctx, q)
}

// TestExportHasOneUpperBound: a database that took --until instead of the
// cursor would read what was exported again, for every page.
func TestExportHasOneUpperBound(t *testing.T) {
	r := &asked{Reader: recordedAt(t, 3000).Reader()}
	q := store.PaymentQuery{Since: exportDay.Add(10 * time.Second), Until: exportDay.Add(900 * time.Second)}
	rows, err := waiting(0).exportPayments(t.Context(), r, PaymentExport{Query: q, RowForm: RowForm{Format: CSV}}, io.Discard, func(int64) {})
	if rows != 890*3 || err != nil {
		t.Errorf("%d rows, %v", rows, err)
	}
	for i, page := range r.queries {
		if page.Since != q.Since || page.Until.IsZero() != (i > 0) {
			t.Errorf("page %d is asked for with %+v", i, page)
		}
	}
}
