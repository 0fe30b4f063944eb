package mongodb_test

import (
	"context"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/internal/testserver"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mongodb"
)

// newUser makes a user of a database with the password of the tests, and what
// statements of the shell grant it. It returns where that user finds it.
func newUser(t testing.TB, server *testserver.SecantusServer, database, name string, grants func(string) string) string {
	t.Helper()
	owner := raw(t, server.URL("admin", database))
	err := owner.RunCommand(t.Context(), bson.D{{Key: "createUser", Value: name}, {Key: "pwd", Value: testserver.Password}, {Key: "roles", Value: bson.A{}}}).Err()
	if err != nil {
		t.Fatal(err)
	}
	runShell(t, owner, grants(name))
	return with(server.URL(name, database), "authSource", database)
}

// TestRights has one server that asks for users.
func TestRights(t *testing.T) {
	t.Parallel()
	server := testserver.NewSecantusDB(t, testserver.Setting("auth", ""))
	for name, test := range map[string]func(*testing.T, *testserver.SecantusServer){
		"conformance as recorder": conformsAsRecorder,
		"roles are held back":     rolesAreHeldBack,
		"operator and reader":     operatorAndReader,
		"at the start":            rightsAtStart,
		"known":                   rightsOfADatabase,
	} {
		t.Run(name, func(t *testing.T) { t.Parallel(); test(t, server) })
	}
}

// secured is a migrated database in it, whose name is returned.
func secured(t *testing.T, server *testserver.SecantusServer) (string, *mongodb.Store) {
	t.Helper()
	database := server.Database(t)
	return database, migrated(t, server.URL("admin", database), mongodb.Options{})
}

// conformsAsRecorder runs the suite with no right but those that Grants
// names.
func conformsAsRecorder(t *testing.T, server *testserver.SecantusServer) {
	a := new(addresses)
	o := mongodb.Options{Writers: 4}
	h := a.harness(nil, o)
	h.Open = func(t testing.TB) store.Store {
		database := server.Database(t)
		migrated(t, server.URL("admin", database), mongodb.Options{})
		address := newUser(t, server, database, "recorder", mongodb.Grants)
		s := open(t, address, o)
		a.m.Store(s, address)
		return s
	}
	for _, c := range writingCases() {
		t.Run(c.Name, func(t *testing.T) { c.Check(t, h) })
	}
}

// rolesAreHeldBack tries what no role may do. SecantusDB knows the actions
// of a role, but not the collections that it has them on: what a role may do to
// one it may do to all of the database. So only what is never granted is tried.
func rolesAreHeldBack(t *testing.T, server *testserver.SecantusServer) {
	database, owner := secured(t, server)
	if err := owner.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	remove := bson.D{{Key: "delete", Value: "payments"}, {Key: "deletes", Value: bson.A{bson.D{{Key: "q", Value: bson.D{}}, {Key: "limit", Value: 0}}}}}
	update := bson.D{{Key: "update", Value: "payments"}, {Key: "updates", Value: bson.A{bson.D{{Key: "q", Value: bson.D{}}, {Key: "u", Value: bson.D{{Key: "$set", Value: bson.D{{Key: "method", Value: "x"}}}}}}}}}
	insert := bson.D{{Key: "insert", Value: "payments"}, {Key: "documents", Value: bson.A{bson.D{{Key: "_id", Value: "x"}}}}}
	drop := bson.D{{Key: "drop", Value: "payments"}}
	relax := bson.D{{Key: "collMod", Value: "payments"}, {Key: "validator", Value: bson.D{}}}
	for name, c := range map[string]struct {
		grants    func(string) string
		forbidden []bson.D
	}{
		"recorder": {mongodb.Grants, []bson.D{remove, drop, relax}},
		"operator": {mongodb.OperatorGrants, []bson.D{remove, drop, relax}},
		"reader":   {mongodb.ReaderGrants, []bson.D{remove, drop, relax, update, insert}},
	} {
		db := raw(t, newUser(t, server, database, name, c.grants))
		for _, command := range c.forbidden {
			err := db.RunCommand(t.Context(), command).Err()
			if e, ok := err.(mongo.CommandError); !ok || e.Code != 13 {
				t.Errorf("%s as %s: %v, want it not authorized", command[0].Key, name, err)
			}
		}
	}
	wantPayments(t, owner, 1)
}

// TestGrantsNameWhatIsNeeded looks at the statements themselves, where the
// server does not.
func TestGrantsNameWhatIsNeeded(t *testing.T) {
	t.Parallel()
	for name, grants := range map[string]string{"recorder": mongodb.Grants("x"), "operator": mongodb.OperatorGrants("x"), "reader": mongodb.ReaderGrants("x")} {
		for line := range strings.Lines(grants) {
			if strings.Contains(line, `"payments"`) && (strings.Contains(line, "update") || name != "recorder" && strings.Contains(line, "insert")) ||
				strings.Contains(line, `"recibo_migrations"`) && !strings.Contains(line, `actions: ["find"]`) || strings.Contains(line, "remove") {
				t.Errorf("the %s is given too much: %s", name, line)
			}
		}
		if !strings.Contains(grants, `db.grantRolesToUser("x", ["recibo_`+name+`"]);`) {
			t.Errorf("the %s is given nothing: %s", name, grants)
		}
	}
	if text := mongodb.Grants("o'x\"\\\n"); !strings.Contains(text, `db.grantRolesToUser("o'x\"\\\n", `) {
		t.Errorf("a name with quotes: %s", text)
	}
}

// operatorAndReader do what they are for.
func operatorAndReader(t *testing.T, server *testserver.SecantusServer) {
	database, owner := secured(t, server)
	if err := owner.Update(t.Context(), holding("bad")); err != nil {
		t.Fatal(err)
	}
	s := open(t, newUser(t, server, database, "operator", mongodb.OperatorGrants), mongodb.Options{})
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d entries, error %v", len(page.Items), err)
	}
	move := quarantine.Transition{EntryID: page.Items[0].ID, From: quarantine.Held, To: quarantine.Discarded, By: quarantine.Operator, Actor: "ana", At: day}
	err = s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		done, err := tx.Transition(ctx, []quarantine.Transition{move})
		if err == nil && !done[0] {
			t.Error("the transition was refused")
		}
		return err
	})
	if err != nil {
		t.Errorf("discard as operator: %v", err)
	}
	look := open(t, newUser(t, server, database, "reader", mongodb.ReaderGrants), mongodb.Options{ReadOnly: true})
	if err := look.Check(t.Context()); err != nil {
		t.Errorf("check as reader: %v", err)
	}
	totals, err := look.Reader().Totals(t.Context())
	if err != nil || totals.States[quarantine.Discarded] != 1 {
		t.Errorf("totals %+v, error %v; want one discarded", totals, err)
	}
}

// rightsAtStart are found before anything runs; those that are taken away
// later are an outage.
func rightsAtStart(t *testing.T, server *testserver.SecantusServer) {
	database, _ := secured(t, server)
	nothing := func(string) string { return "" }
	s := open(t, newUser(t, server, database, "nobody", nothing), mongodb.Options{})
	wantConfig(t, s.Check(t.Context()), "not authorized on "+database, "give this user its rights")
	reader := open(t, newUser(t, server, database, "reader", mongodb.ReaderGrants), mongodb.Options{})
	wantClass(t, reader.Update(t.Context(), counted(1, newPayment("a", 1))), store.ClassOutage, "not authorized")
	empty := open(t, newUser(t, server, server.Database(t), "reader", mongodb.ReaderGrants), mongodb.Options{})
	wantConfig(t, empty.Migrate(t.Context()), "not authorized on ", "dbOwner")
	anybody := open(t, server.URL("", database), mongodb.Options{})
	wantConfig(t, anybody.Check(t.Context()), "requires authentication", "give this user its rights")
}
