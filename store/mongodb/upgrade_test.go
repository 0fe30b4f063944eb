package mongodb_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mongodb"
)

// oldDocuments are what version 1 wrote for the entry e, and for a payment: both
// were counted by the writer w.
func oldDocuments(t *testing.T, db *mongo.Database, e *quarantine.Entry, p *store.Payment) {
	t.Helper()
	amount, err := bson.ParseDecimal128("0.05")
	if err != nil {
		t.Fatal(err)
	}
	hour := day.Truncate(3600e9)
	line := func(fate, reason string) bson.D {
		return bson.D{{Key: "_id", Value: `["w","` + hour.Format(payment.TimeLayout) + `","` + fate + `","` + reason + `","BRL","pix"]`},
			{Key: "count", Value: int64(1)}, {Key: "amount", Value: amount}, {Key: "writer", Value: "w"}, {Key: "hour", Value: hour}, {Key: "fate", Value: fate},
			{Key: "reason", Value: reason}, {Key: "currency", Value: "BRL"}, {Key: "method", Value: "pix"}}
	}
	for collection, documents := range map[string][]any{
		"payments": {bson.D{{Key: "_id", Value: "a"}, {Key: "transaction_id", Value: "a"}, {Key: "amount", Value: amount}, {Key: "currency", Value: "BRL"},
			{Key: "payer_account", Value: "payer"}, {Key: "payee_account", Value: "payee"}, {Key: "occurred_at", Value: day}, {Key: "method", Value: "pix"},
			{Key: "fingerprint", Value: p.Fingerprint[:]}, {Key: "queue", Value: "payments"}, {Key: "position", Value: "payments@1"}, {Key: "recorded_at", Value: day}}},
		"quarantine": {bson.D{{Key: "_id", Value: e.ID}, {Key: "reason", Value: "invalid"}, {Key: "detail", Value: "bad"},
			{Key: "field_errors", Value: bson.A{bson.D{{Key: "field", Value: "amount"}, {Key: "code", Value: "comma"}}}},
			{Key: "queue", Value: ""}, {Key: "position", Value: ""}, {Key: "seen", Value: int64(1)}, {Key: "first_seen_at", Value: day}, {Key: "last_seen_at", Value: day},
			{Key: "state", Value: "held"}, {Key: "attempt", Value: int64(0)}, {Key: "history_lines", Value: int64(1)}, {Key: "truncated", Value: false},
			{Key: "body_size", Value: int64(3)}, {Key: "body_sha256", Value: e.BodySHA256[:]}, {Key: "body", Value: []byte("bad")}}},
		"quarantine_history": {bson.D{{Key: "_id", Value: e.ID + "/1"}, {Key: "entry_id", Value: e.ID}, {Key: "line", Value: int64(1)}, {Key: "to_state", Value: "held"},
			{Key: "attempt", Value: int64(0)}, {Key: "reason", Value: "invalid"}, {Key: "actor", Value: "recorder"}, {Key: "at", Value: day}}},
		"writers": {bson.D{{Key: "_id", Value: "w"}, {Key: "recorder", Value: "r"}, {Key: "host", Value: ""}, {Key: "version", Value: ""}, {Key: "started_at", Value: day},
			{Key: "seen_at", Value: day}, {Key: "seq", Value: int64(1)}}},
		"tally": {line("recorded", ""), line("quarantined", "invalid")},
	} {
		if _, err := db.Collection(collection).InsertMany(t.Context(), documents); err != nil {
			t.Fatalf("%s: %v", collection, err)
		}
	}
}

// TestUpgrade takes a database of version 1, with data and a rule of somebody's
// own, to this version. All is as it was, and the new parts work on it.
func TestUpgrade(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	address := server.URL("admin", server.Database(t))
	db := raw(t, address)
	runShell(t, db, mongodb.DDLOf(1))
	p := newPayment("a", 5)
	e := quarantine.New(quarantine.Invalid, []byte("bad"), "bad", []quarantine.FieldError{{Field: "amount", Code: "comma"}}, day)
	oldDocuments(t, db, e, &p)
	ownRule(t, db, "quarantine")
	run(t, db, `{"collMod": "quarantine_history", "validator": {"actor": {"$ne": "nobody"}}}`) // all their own

	s := open(t, address, mongodb.Options{})
	look := open(t, address, mongodb.Options{ReadOnly: true})
	for _, old := range []*mongodb.Store{s, look} {
		wantConfig(t, old.Check(t.Context()), "collections are of schema 1, this program wants 2", "run `recibo migrate` with the same store")
	}
	wantClass(t, s.Update(t.Context(), counted(2, newPayment("b", 1))), store.ClassOutage, "collection redrives is missing")
	if err := errors.Join(s.Migrate(t.Context()), s.Check(t.Context()), s.Migrate(t.Context()), look.Check(t.Context())); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	wantAsItWas(t, s, e, p)
	if text := schemaOf(t, db); strings.Count(text, `"redrive_id": {"bsonType": "string"}`) != 1 || strings.Contains(text, "mended_sha256") ||
		!strings.Contains(text, `{"detail": {"$ne": "forbidden"}}`) || !strings.Contains(text, `{"validator": {"actor": {"$ne": "nobody"}}`) {
		t.Errorf("a validator was not extended, or a rule was lost:\n%s", text)
	}
	var kind store.Kind
	for _, act := range []struct {
		what string
		fn   func(context.Context, store.Tx) error
	}{
		{"go on counting", counted(2, newPayment("b", 1))},
		{"mend", mending(e.ID, nil, "mended")},
		{"redrive", redriving("run", 1, e.ID)},
		{"record a control total", controlling("other", 1, "p", &kind)},
	} {
		if err := s.Update(t.Context(), act.fn); err != nil {
			t.Errorf("%s: %v", act.what, err)
		}
	}
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{RedriveID: "run"})
	if err != nil || len(page.Items) != 1 || string(page.Items[0].MendedBody) != "mended" || kind != store.Recorded {
		t.Errorf("entries %+v, error %v, control total %d; want one mended and redriven, and one recorded", page.Items, err, kind)
	}
	if lines, err := s.Reader().History(t.Context(), e.ID); err != nil || len(lines) != 3 || lines[1].MendedSHA256 == nil {
		t.Errorf("history %+v, error %v", lines, err)
	}
}

// ownRule puts a rule beside the validator of a collection, as docs/systems.md
// says.
func ownRule(t *testing.T, db *mongo.Database, collection string) {
	t.Helper()
	all, err := db.ListCollectionSpecifications(t.Context(), bson.D{{Key: "name", Value: collection}})
	if err != nil || len(all) != 1 {
		t.Fatalf("%d collections, error %v", len(all), err)
	}
	both := bson.D{{Key: "$and", Value: bson.A{all[0].Options.Lookup("validator"), bson.D{{Key: "detail", Value: bson.D{{Key: "$ne", Value: "forbidden"}}}}}}}
	if err := db.RunCommand(t.Context(), bson.D{{Key: "collMod", Value: collection}, {Key: "validator", Value: both}}).Err(); err != nil {
		t.Fatal(err)
	}
}

func wantAsItWas(t *testing.T, s store.Store, e *quarantine.Entry, p store.Payment) {
	t.Helper()
	payments, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if diff := cmp.Diff([]store.Payment{p}, payments.Items); diff != "" || err != nil {
		t.Errorf("payments, error %v:\n%s", err, diff)
	}
	entries, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if diff := cmp.Diff([]quarantine.Entry{*e}, entries.Items); diff != "" || err != nil {
		t.Errorf("entries, error %v:\n%s", err, diff)
	}
	lines, err := s.Reader().History(t.Context(), e.ID)
	if diff := cmp.Diff([]quarantine.HistoryLine{e.FirstLine()}, lines); diff != "" || err != nil {
		t.Errorf("history, error %v:\n%s", err, diff)
	}
	totals, err := s.Reader().Totals(t.Context())
	if err != nil || totals.Recorded != 1 || totals.Amount["BRL"].Decimal("BRL") != "0.05" || totals.Quarantined[quarantine.Invalid] != 1 || totals.Controls != 0 {
		t.Errorf("totals %+v, error %v", totals, err)
	}
}
