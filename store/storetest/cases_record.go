package storetest

import (
	"context"
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"recibo/payment"
	"recibo/store"
)

var recordCases = []Case{
	{"record answers each payment by its index", on(checkOutcomes)},
	{"record gives back what stands on a conflict", on(checkStored)},
	{"a row never changes", on(checkRowNeverChanges)},
	{"a later transaction finds the duplicate", on(checkLaterDuplicate)},
	{"ids that differ by case are two payments", on(checkCase)},
	{"ids are compared byte for byte", on(checkIDBytes)},
	{"it is a conflict only if a field differs", on(checkConflictNeedsDifference)},
	{"the provenance of a payment comes back", on(checkProvenance)},
	{"a row read back has its fingerprint", on(checkFingerprint)},
	{"a thousand payments, a duplicate and a conflict", on(checkThousand)},
	{"nothing to write is no error", on(checkEmpty)},
}

func checkOutcomes(t testing.TB, s store.Store) {
	record(t, s, newPayment("b", 200), newPayment("d", 400))
	outcomes := record(t, s, newPayment("a", 100), newPayment("b", 200), newPayment("c", 300), newPayment("d", 401), newPayment("e", 500))
	want := []store.Kind{store.Recorded, store.Duplicate, store.Recorded, store.Conflict, store.Recorded}
	for i, o := range outcomes {
		if o.Kind != want[i] {
			t.Errorf("outcome %d is %d, want %d", i, o.Kind, want[i])
		}
		if (o.Stored != nil) != (o.Kind == store.Conflict) {
			t.Errorf("outcome %d of kind %d: Stored is %v", i, o.Kind, o.Stored)
		}
	}
	for _, id := range []string{"a", "b", "c", "d", "e"} {
		readPayment(t, s, id)
	}
}

func checkStored(t testing.TB, s store.Store) {
	first := newPayment("a", 15075)
	first.Extra = []byte(`{"campaign":"winter"}`)
	first.EntryID = "0123456789abcdef0123456789abcdef"
	record(t, s, first)
	o := record(t, s, newPayment("a", 15076))[0]
	if o.Kind != store.Conflict || o.Stored == nil {
		t.Fatalf("another amount: kind %d, stored %v", o.Kind, o.Stored)
	}
	same(t, "Stored", first, *o.Stored)
}

func checkRowNeverChanges(t testing.TB, s store.Store) {
	first := newPayment("a", 15075)
	record(t, s, first)
	again := first
	again.Position, again.Source, again.Extra = "payments@99", "elsewhere", []byte(`{"more":1}`)
	again.RecordedAt = first.RecordedAt.AddDate(0, 0, 1)
	if o := record(t, s, again)[0]; o.Kind != store.Duplicate {
		t.Errorf("same content, other source and extra: kind %d, want duplicate", o.Kind)
	}
	other := newPayment("a", 1)
	if o := record(t, s, other)[0]; o.Kind != store.Conflict {
		t.Errorf("other content: kind %d, want conflict", o.Kind)
	}
	same(t, "the row", first, readPayment(t, s, "a"))
}

func checkLaterDuplicate(t testing.TB, s store.Store) {
	p := newPayment("a", 15075)
	for i, want := range []store.Kind{store.Recorded, store.Duplicate, store.Duplicate} {
		if o := record(t, s, p)[0]; o.Kind != want {
			t.Errorf("time %d: kind %d, want %d", i+1, o.Kind, want)
		}
	}
}

func checkCase(t testing.TB, s store.Store) {
	ids := []string{"E60701190ABC", "E60701190AbC", "e60701190abc"}
	for i, o := range record(t, s, newPayment(ids[0], 1), newPayment(ids[1], 2), newPayment(ids[2], 3)) {
		if o.Kind != store.Recorded {
			t.Errorf("%s: kind %d, want recorded", ids[i], o.Kind)
		}
	}
	for i, id := range ids {
		if p := readPayment(t, s, id); p.Amount.Minor != int64(i+1) {
			t.Errorf("%s has %d centavos, want %d", id, p.Amount.Minor, i+1)
		}
	}
}

func checkIDBytes(t testing.TB, s store.Store) {
	ids := []string{"a", "a!", "a'", `a"`, "a%", "a_", `a\`, "a-", "01", "1", "1.0", "null", "{}", "ab"}
	var ps []store.Payment
	for i, id := range ids {
		ps = append(ps, newPayment(id, int64(i+1)))
	}
	for i, o := range record(t, s, ps...) {
		if o.Kind != store.Recorded {
			t.Errorf("%s: kind %d, want recorded", ps[i].TransactionID, o.Kind)
		}
	}
	for _, p := range ps {
		same(t, "the row", p, readPayment(t, s, p.TransactionID))
	}
}

func checkConflictNeedsDifference(t testing.TB, s store.Store) {
	p := newPayment("a", 15075)
	p.Fingerprint = payment.Fingerprint{1, 2, 3} // as another version would have hashed it
	record(t, s, p)
	if o := record(t, s, newPayment("a", 15075))[0]; o.Kind != store.Duplicate {
		t.Errorf("same fields under another fingerprint: kind %d, want duplicate", o.Kind)
	}
}

func checkProvenance(t testing.TB, s store.Store) {
	bare := newPayment("bare", 1)
	bare.Source, bare.Extra, bare.EntryID, bare.Position = "", nil, "", ""
	full := newPayment("full", 2)
	full.Source, full.Extra = "app, \"the\" one", []byte(`{"a":[1,2,{"b":null}],"n":12345678901234567890.123}`)
	full.EntryID, full.Queue, full.Position = "00ff00ff00ff00ff00ff00ff00ff00ff", "payments.dead", "payments[3]@991"
	record(t, s, bare, full)
	same(t, "without", bare, readPayment(t, s, "bare"))
	same(t, "with", full, readPayment(t, s, "full"))
}

func checkFingerprint(t testing.TB, s store.Store) {
	round := 0
	rapid.Check(t, func(r *rapid.T) {
		round++
		var ps []store.Payment
		for i := range rapid.IntRange(1, 8).Draw(r, "events") {
			ps = append(ps, paymentOf(Events(fmt.Sprintf("~%d.%d", round, i)).Draw(r, "event")))
		}
		ids := make([]string, len(ps))
		for i, p := range sortPayments(ps) {
			ids[i] = p.TransactionID
		}
		err := store.Retry(t.Context(), s, func(ctx context.Context, tx store.Tx) error {
			_, err := tx.Record(ctx, ps)
			return err
		})
		if err != nil {
			r.Fatalf("record: %v", err)
		}
		page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{IDs: ids, Order: store.ByID})
		if err != nil || len(page.Items) != len(ps) {
			r.Fatalf("%d of %d rows, error %v", len(page.Items), len(ps), err)
		}
		for i, row := range page.Items {
			if got := payment.FingerprintOf(&row.Event); got != row.Fingerprint || got != ps[i].Fingerprint {
				r.Fatalf("the row is not what was written: %v", payment.Diff(&ps[i].Event, &row.Event))
			}
			if row.Source != ps[i].Source || !sameJSON(row.Extra, ps[i].Extra) {
				r.Fatalf("source %q, extra %s; want %q, %s", row.Source, row.Extra, ps[i].Source, ps[i].Extra)
			}
		}
	})
}

func checkThousand(t testing.TB, s store.Store) {
	ps := make([]store.Payment, 1000)
	for i := range ps {
		ps[i] = newPayment(fmt.Sprintf("id-%04d", i), int64(i+1))
	}
	record(t, s, newPayment("id-0333", 334), newPayment("id-0666", 1))
	for i, o := range record(t, s, ps...) {
		want := store.Recorded
		switch i {
		case 333:
			want = store.Duplicate
		case 666:
			want = store.Conflict
		}
		if o.Kind != want {
			t.Fatalf("payment %d: kind %d, want %d", i, o.Kind, want)
		}
	}
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Order: store.ByID})
	if err != nil || len(page.Items) != 1000 {
		t.Fatalf("%d rows, error %v; want 1000", len(page.Items), err)
	}
}

func checkEmpty(t testing.TB, s store.Store) {
	record(t, s)
	hold(t, s)
	transition(t, s)
	tally(t, s)
	update(t, s, func(context.Context, store.Tx) error { return nil })
	same(t, "totals", store.Totals{}, totals(t, s))
}
