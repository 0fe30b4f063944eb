package mongodb_test

import (
	"context"
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mongodb"
)

// readBack prints a payment for each line, and sums, as a program of somebody
// else sees them.
const readBack = `
import sys, pymongo
from bson.decimal128 import Decimal128
db = pymongo.MongoClient(sys.argv[1]).get_default_database()
for p in db.payments.find().sort("_id", 1):
    assert type(p["amount"]) is Decimal128 and len(p["fingerprint"]) == 32 and p["transaction_id"] == p["_id"]
    print(p["_id"], p["amount"], p["currency"], p["payer_account"], p["payee_account"], p["occurred_at"].isoformat(timespec="milliseconds"),
        p["method"], p.get("source"), p.get("extra"), p["fingerprint"].hex()[:8], p["queue"], p["position"], p.get("entry_id"),
        p["recorded_at"].isoformat(timespec="milliseconds"), sep="|")
for s in db.payments.aggregate([{"$group": {"_id": "$currency", "sum": {"$sum": "$amount"}}}, {"$sort": {"_id": 1}}]):
    print("sum", s["_id"], s["sum"])
for e in db.quarantine.find():
    print("entry", e["_id"], e["reason"], e["state"], e["field_errors"], e["headers"], e["amount"], e["body"], e["seen"])
for h in db.quarantine_history.find():
    print("history", h["entry_id"] == e["_id"], h["to_state"], h["actor"])
for t in db.tally.find():
    print("tally", t["writer"], t["hour"].isoformat(), t["fate"], t["currency"], t["method"], t["count"], t["amount"])
for c in db.control_totals.find():
    print("control", c["producer"], c.get("source"), c["window_from"].isoformat(), c["window_until"].isoformat(), c["count"], c["amounts"], c["fingerprint_sum"].hex()[:4])
for r in db.redrives.find():
    print("redrive", r["_id"], r["filter"], r["seq"], r["runner"], r["state"], r.get("ended_at"))
`

// TestReadByPymongo: amounts are exact and show their currency's decimals, times
// are UTC, ids that differ by case are two payments, and extra fields are what
// came.
func TestReadByPymongo(t *testing.T) {
	t.Parallel()
	python := filepath.Join(testserver.Python(t, "clients"), "python")
	server := testserver.SecantusDB(t)
	address := server.URL("admin", server.Database(t))
	s := migrated(t, address, mongodb.Options{})
	at := time.Date(2026, 11, 23, 14, 15, 3, 123e6, time.FixedZone("", -3*60*60))
	of := func(id string, minor int64, c payment.Currency) store.Payment {
		e := payment.Event{TransactionID: id, Amount: payment.Money{Minor: minor, Currency: c}, PayerAccount: "a", PayeeAccount: "b",
			OccurredAt: payment.Normalize(at), Method: "pix"}
		return store.Payment{Event: e, Fingerprint: payment.FingerprintOf(&e), Queue: "q", Position: "q@1", RecordedAt: day}
	}
	ps := []store.Payment{of("E607", 15075, "BRL"), of("K", 999_999_999_999_999, "KWD"), of("Y", 1500, "JPY"), of("Z", 15000, "BRL"), of("e607", 1, "BRL")}
	ps[0].Source, ps[0].Extra, ps[0].EntryID = "app", []byte(`{"$set": 1, "a.b": 12345678901234567890.10}`), "entry"
	e := quarantine.New(quarantine.Invalid, []byte("bad\x00"), "bad", []quarantine.FieldError{{Field: "amount", Code: "comma"}}, day)
	e.Headers, e.Amount = map[string]string{"x.y": "$1"}, &payment.Money{Minor: 5, Currency: "CLF"}
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if err := errors.Join(counted(1, ps...)(ctx, tx), controlling("w", 2, "app-1", new(store.Kind))(ctx, tx), redriving("run", 1)(ctx, tx)); err != nil {
			return err
		}
		return tx.Quarantine(ctx, []quarantine.Entry{*e})
	})
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), python, "-c", readBack, address).CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	row := func(i int, amount, source, extra, entry string) string {
		p := &ps[i]
		return fmt.Sprintf("%s|%s|%s|a|b|2026-11-23T17:15:03.123|pix|%s|%s|%.4x|q|q@1|%s|2026-11-23T14:15:03.123",
			p.TransactionID, amount, p.Amount.Currency, source, extra, p.Fingerprint, entry)
	}
	want := strings.Join([]string{
		row(0, "150.75", "app", `{"$set": 1, "a.b": 12345678901234567890.10}`, "entry"), row(1, "999999999999.999", "None", "None", "None"),
		row(2, "1500", "None", "None", "None"), row(3, "150.00", "None", "None", "None"), row(4, "0.01", "None", "None", "None"),
		"sum BRL 300.76", "sum JPY 1500", "sum KWD 999999999999.999",
		"entry " + e.ID + " invalid held [{'field': 'amount', 'code': 'comma'}] [{'name': 'x.y', 'value': '$1'}] 0.0005 b'bad\\x00' 1",
		"history True held recorder",
		"tally w 2026-11-23T14:00:00 recorded BRL pix 5 10000000000315.75",
		"control app-1 None 2026-11-23T14:15:03.123000 2026-11-23T14:16:03.123000 1 {'BRL': '0.01'} 0100", "redrive run {} 1 r running None"}, "\n")
	if got := strings.TrimSpace(string(out)); got != want {
		t.Errorf("pymongo reads\n%s\nwant\n%s", got, want)
	}
	wantNoSecret(t, string(out))
}
