package mongodb_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

func wantClass(t testing.TB, err error, class store.Class, words string) {
	t.Helper()
	if _, ok := errors.AsType[*store.Error](err); !ok || store.ClassOf(err) != class {
		t.Errorf("error %v of class %s, want %s", err, store.ClassOf(err), class)
		return
	}
	if !strings.Contains(err.Error(), words) {
		t.Errorf("error %q, want the words %q", err, words)
	}
	wantNoSecret(t, err.Error())
}

// provoked is an error that somebody's change of the collections brings about.
type provoked struct {
	name  string
	harm  string // a command that somebody runs
	do    func(context.Context, store.Tx) error
	class store.Class
	words string
}

func rule(r string) string {
	return `{"collMod": "payments", "validator": {"$and": [{"$jsonSchema": {"required": ["amount"], "properties": {"amount": {"bsonType": "decimal"}}}}, ` + r + `]}}`
}

func uniqueIndex(field string) string {
	return fmt.Sprintf(`{"createIndexes": "payments", "indexes": [{"name": "one_%[1]s", "key": {"%[1]s": 1}, "unique": true}]}`, field)
}

func provokedErrors() []provoked {
	p := newPayment("a", 99_999)
	pair := recording(p, newPayment("b", 1))
	control := controlling("w", 1, "p", new(store.Kind))
	return []provoked{
		{"121, a rule on values", rule(`{"amount": {"$lt": {"$numberDecimal": "100"}}}`), recording(p), store.ClassData,
			`record 1 payments: Document failed validation: $lt {"amount":{"$lt":{"$numberDecimal":"100"}}} (121)`},
		{"121, a rule of a schema", rule(`{"$jsonSchema": {"properties": {"method": {"enum": ["ted"]}}}}`), recording(p), store.ClassData,
			`: enum {"enum":["ted"]} of method (121)`},
		{"121, a field that we do not have", rule(`{"$jsonSchema": {"required": ["customer"]}}`), recording(p), store.ClassOutage, "required"},
		{"121, a type of another version", `{"collMod": "payments", "validator": {"$jsonSchema": {"properties": {"amount": {"bsonType": "long"}}}}}`,
			recording(p), store.ClassOutage, "of amount (121)"},
		{"121, elsewhere than in payments", `{"collMod": "quarantine", "validator": {"detail": {"$ne": "bad"}}}`, holding("x"), store.ClassOutage, "(121)"},
		{"121, a rule on the values of control totals", `{"collMod": "control_totals", "validator": {"count": {"$gt": 1}}}`, control, store.ClassData,
			`record 1 control totals: Document failed validation: $gt {"count":{"$gt":1}} (121)`},
		{"121, a type of a control total", `{"collMod": "control_totals", "validator": {"$jsonSchema": {"properties": {"amounts": {"bsonType": "string"}}}}}`,
			control, store.ClassOutage, "of amounts (121)"},
		{"11000 on an index of somebody", uniqueIndex("queue"), pair, store.ClassData, `index: one_queue (11000)`},
		{"a collection is gone", `{"drop": "payments"}`, recording(p), store.ClassOutage, "collection payments is missing"},
		{"the control totals are gone", `{"drop": "control_totals"}`, control, store.ClassOutage, "collection control_totals is missing"},
		{"the redrives are gone", `{"drop": "redrives"}`, redriving("run", 1), store.ClassOutage, "collection redrives is missing"},
		{"the tally is gone", `{"drop": "tally"}`, counted(1, p), store.ClassOutage, "collection tally is missing"},
		{"the writers are gone", `{"drop": "writers"}`, counted(1, p), store.ClassOutage, "collection writers is missing"},
	}
}

func TestProvokedErrors(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	for _, c := range provokedErrors() {
		t.Run(c.name, func(t *testing.T) {
			address := server.URL("admin", server.Database(t))
			s := migrated(t, address, mongodb.Options{})
			db := raw(t, address)
			run(t, db, c.harm)
			err := s.Update(t.Context(), c.do)
			wantClass(t, err, c.class, c.words)
			if strings.Contains(err.Error(), "999.99") || strings.Contains(err.Error(), "dup key") {
				t.Errorf("a value shows: %v", err)
			}
			if !strings.Contains(c.harm, `"drop": "payments"`) {
				wantPayments(t, s, 0) // nothing of the transaction
				return
			}
			if names, err := db.ListCollectionNames(t.Context(), map[string]string{"name": "payments"}); err != nil || len(names) > 0 {
				t.Errorf("the transaction made %v, error %v", names, err)
			}
		})
	}
}

// failNext has the server fail commands of one client.
func failNext(t testing.TB, s *testserver.SecantusServer, app, command, how string, times int) {
	t.Helper()
	admin := raw(t, s.URL("admin", "admin"))
	run(t, admin, fmt.Sprintf(`{"configureFailPoint": "failCommand", "mode": {"times": %d}, "data": {"failCommands": [%q], "appName": %q, %s}}`, times, command, app, how))
}

// TestServerErrors are what a server says that cannot be brought about otherwise,
// with the labels that it gives them. A server has one fail point of this kind.
func TestServerErrors(t *testing.T) {
	t.Parallel()
	server := testserver.NewSecantusDB(t)
	const transient = `, "errorLabels": ["TransientTransactionError"]`
	for i, c := range []struct {
		command, how string
		class        store.Class
		words        string
	}{
		{"insert", `"errorCode": 112` + transient, store.ClassTransient, "WriteConflict 112"},
		{"insert", `"errorCode": 24` + transient, store.ClassTransient, "LockTimeout"},
		{"insert", `"errorCode": 251` + transient, store.ClassTransient, "NoSuchTransaction"},
		{"find", `"errorCode": 246` + transient, store.ClassTransient, "SnapshotUnavailable"},
		{"insert", `"errorCode": 50`, store.ClassTooSlow, "MaxTimeMSExpired"},
		{"insert", `"errorCode": 290` + transient, store.ClassTooSlow, "TransactionExceededLifetimeLimitSeconds"},
		{"insert", `"errorCode": 146`, store.ClassTooSlow, "ExceededMemoryLimit"},
		{"insert", `"errorCode": 257`, store.ClassTooBig, "TransactionTooLarge"},
		{"insert", `"errorCode": 388`, store.ClassTooBig, "TransactionTooLargeForCache"},
		{"insert", `"errorCode": 10334`, store.ClassTooBig, "BSONObjectTooLarge"},
		{"insert", `"errorCode": 10107` + transient, store.ClassOutage, "NotWritablePrimary"},
		{"insert", `"errorCode": 189` + transient, store.ClassOutage, "PrimarySteppedDown"},
		{"insert", `"errorCode": 11600` + transient, store.ClassOutage, "InterruptedAtShutdown"},
		{"insert", `"errorCode": 14031`, store.ClassOutage, "OutOfDiskSpace"},
		{"insert", `"errorCode": 13`, store.ClassOutage, "Unauthorized"},
		{"insert", `"errorCode": 2`, store.ClassOutage, "BadValue"},
		{"insert", `"errorCode": 8000`, store.ClassOutage, "8000"},
		{"update", `"errorCode": 112` + transient, store.ClassTransient, "claim number 2"},
		{"insert", `"closeConnection": true`, store.ClassOutage, "the server closed the connection"},
		{"commitTransaction", `"errorCode": 112` + transient, store.ClassTransient, "commit: "},
		{"commitTransaction", `"errorCode": 257`, store.ClassTooBig, "commit: "},
		{"commitTransaction", `"errorCode": 251` + transient, store.ClassUnknownCommit, "commit: "},
		{"commitTransaction", `"errorCode": 50`, store.ClassUnknownCommit, "commit: "},
		{"commitTransaction", `"errorCode": 10107, "errorLabels": ["RetryableWriteError"]`, store.ClassUnknownCommit, "commit: "},
		{"commitTransaction", `"writeConcernError": {"code": 64, "errmsg": "waited too long"}`, store.ClassUnknownCommit, "commit: "},
		{"commitTransaction", `"writeConcernError": {"code": 100, "errmsg": "not enough members"}`, store.ClassUnknownCommit, "commit: "},
		{"commitTransaction", `"closeConnection": true`, store.ClassUnknownCommit, "the server closed the connection"},
	} {
		t.Run(c.command+" "+c.how, func(t *testing.T) {
			app := fmt.Sprintf("app%d", i)
			s := migrated(t, with(server.URL("admin", fmt.Sprintf("d%d", i)), "appName", app), mongodb.Options{})
			if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
				t.Fatal(err)
			}
			times := 1
			if c.command == "commitTransaction" && (strings.Contains(c.how, "closeConnection") || strings.Contains(c.how, "Retryable")) {
				times = 2 // the driver tries a commit twice
			}
			failNext(t, server, app, c.command, c.how, times)
			wantClass(t, s.Update(t.Context(), counted(2, newPayment("b", 2))), c.class, c.words)
			if err := store.Retry(t.Context(), s, counted(2, newPayment("b", 2))); err != nil {
				t.Errorf("again: %v", err)
			}
			wantTwo(t, s)
		})
	}
}

// TestTransactionLivedForTooLong is one that the server has ended meanwhile: with
// fewer payments it is faster.
func TestTransactionLivedForTooLong(t *testing.T) {
	t.Parallel()
	server := testserver.NewSecantusDB(t)
	s := migrated(t, with(server.URL("admin", "x"), "appName", "slow"), mongodb.Options{})
	mongodb.SetSlowAfter(s, 0)
	failNext(t, server, "slow", "insert", `"errorCode": 251, "errorLabels": ["TransientTransactionError"]`, 1)
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassTooSlow, "NoSuchTransaction")
}
