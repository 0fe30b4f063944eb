package e2e_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/internal/testserver"
)

// proofPlace records into one of the databases, from which its owner may delete
// a payment.
type proofPlace struct {
	*place
	remove func(id string)
}

func newProofPlaces(t *testing.T) map[string]proofPlace {
	file := newPlace(t)
	places := map[string]proofPlace{"sqlite": {file, func(id string) {
		if _, err := file.open().Exec("DELETE FROM payments WHERE transaction_id = ?", id); err != nil {
			t.Fatal(err)
		}
	}}}
	add := func(name, address string, remove func(id string)) {
		p := newPlace(t)
		p.env = []string{"RECIBO_STORE=" + address}
		places[name] = proofPlace{p, remove}
	}
	pg, maria, secantus := testserver.Postgres(t), testserver.MariaDB(t), testserver.SecantusDB(t)
	inPostgres, inMaria, inMongo := pg.Database(t), maria.Database(t), secantus.Database(t)
	const removeSQL = "DELETE FROM payments WHERE transaction_id = "
	add("postgres", pg.URL("postgres", inPostgres), func(id string) { pg.SQL(t, inPostgres, removeSQL+"'"+id+"'") })
	add("mysql", maria.URL("root", inMaria), func(id string) { maria.SQL(t, inMaria, removeSQL+"'"+id+"'") })
	url := secantus.URL("", inMongo)
	add("mongodb", url, func(id string) {
		client, err := mongo.Connect(options.Client().ApplyURI(url))
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = client.Disconnect(context.Background()) }()
		if _, err := client.Database(inMongo).Collection("payments").DeleteOne(t.Context(), bson.D{{Key: "_id", Value: id}}); err != nil {
			t.Fatal(err)
		}
	})
	return places
}

type proved struct {
	Balanced  bool
	Windows   int64
	ByVerdict map[string]int64 `json:"by_verdict"`
	Ledger    reconciled
	Examples  []struct {
		Verdict  string
		Payments []struct{ Kind, ID string }
	}
}

// TestProofOnEveryStore proves windows and verifies a receipt on each database,
// has its owner delete one payment, and wants both to name it.
func TestProofOnEveryStore(t *testing.T) {
	t.Parallel()
	for name, p := range newProofPlaces(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent, receipt := filepath.Join(p.dir, "sent.ndjson"), filepath.Join(p.dir, "receipt.txt")
			p.run(0, nil, "migrate")
			p.run(0, nil, "simulate", "--count", "2000", "--seed", "17", "--control", "1m", "--ledger", sent)
			p.run(0, nil, "record", "--until-idle", "1s")
			var r proved
			p.run(0, &r, "reconcile", "--windows", "--ledger", sent, "--output", "json")
			if !r.Balanced || !r.Ledger.Balanced || r.Windows < 5 || r.ByVerdict["balanced"] != r.Windows {
				t.Errorf("before anything was harmed: %+v", r)
			}
			p.run(0, nil, "reconcile", "--windows", "--ledger", sent, "--receipt", receipt, "--lang", "pt")
			p.run(0, nil, "receipt", "verify", receipt)

			id := strings.TrimSpace(strings.SplitN(p.export(), "\n", 3)[1])
			p.remove(id)
			p.run(1, &r, "reconcile", "--windows", "--ledger", sent, "--output", "json")
			if r.Balanced || r.ByVerdict["missing"] != 1 || len(r.Examples) != 1 || len(r.Examples[0].Payments) != 1 ||
				r.Examples[0].Payments[0].ID != id || r.Ledger.Missing != 1 {
				t.Errorf("%s was deleted: %+v", id, r)
			}
			p.run(1, nil, "receipt", "verify", receipt)
		})
	}
}

// export lists the ids of all payments.
func (p proofPlace) export() string {
	p.t.Helper()
	out, err := p.command("payments", "export", "--columns", "transaction_id").Output()
	if err != nil {
		p.t.Fatal(err)
	}
	return string(out)
}
