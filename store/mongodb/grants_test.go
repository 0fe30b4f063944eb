package mongodb_test

import (
	"context"
	"regexp"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/internal/testserver"
	"recibo/quarantine"
	"recibo/store"
	"recibo/store/mongodb"
	"recibo/store/storetest"
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
// names, and for removing also those of OperatorGrants.
func conformsAsRecorder(t *testing.T, server *testserver.SecantusServer) {
	a := new(addresses)
	o := mongodb.Options{Writers: 4}
	as := func(grants func(string) string) storetest.Harness {
		h := a.harness(nil, o)
		h.Open = func(t testing.TB) store.Store {
			database := server.Database(t)
			migrated(t, server.URL("admin", database), mongodb.Options{})
			address := newUser(t, server, database, "recorder", grants)
			s := open(t, address, o)
			a.m.Store(s, address)
			return s
		}
		return h
	}
	recorder := as(mongodb.Grants)
	both := as(func(user string) string { return mongodb.Grants(user) + mongodb.OperatorGrants(user) })
	purges := 0
	for _, c := range writingCases() {
		h := recorder
		if strings.Contains(c.Name, "purg") {
			h = both
			purges++
		}
		t.Run(c.Name, func(t *testing.T) { c.Check(t, h) })
	}
	if purges == 0 {
		t.Error("no case purges")
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
		"operator": {mongodb.OperatorGrants, []bson.D{drop, relax}}, // removes entries: see TestGrantsNameWhatIsNeeded
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
	never := regexp.MustCompile(`"(payments|control_totals)".*"update"|"recibo_migrations".*"(insert|update)"`)
	beyond := map[string]*regexp.Regexp{
		"recorder": regexp.MustCompile(`"remove"|"redrives".*"(insert|update)"`),
		"operator": regexp.MustCompile(`"(payments|control_totals|outages|writers|tally)".*"(insert|update|remove)"|"(redrives|sessions)".*"remove"|"quarantine".*"insert"`),
		"reader":   regexp.MustCompile(`"(insert|update|remove)"`),
	}
	needed := map[string][]string{
		"recorder": {`"control_totals" }, actions: ["find", "insert"]`},
		"operator": {`"quarantine" }, actions: ["find", "update", "remove"]`, `"quarantine_history" }, actions: ["find", "insert", "remove"]`,
			`"redrives" }, actions: ["find", "insert", "update"]`, `"sessions" }, actions: ["find", "insert", "update"]`},
		"reader": {`"control_totals" }, actions: ["find"]`, `"redrives" }, actions: ["find"]`},
	}
	for name, grants := range map[string]string{"recorder": mongodb.Grants("x"), "operator": mongodb.OperatorGrants("x"), "reader": mongodb.ReaderGrants("x")} {
		for line := range strings.Lines(grants) {
			if never.MatchString(line) || beyond[name].MatchString(line) {
				t.Errorf("the %s is given too much: %s", name, line)
			}
		}
		for _, right := range needed[name] {
			if !strings.Contains(grants, right) {
				t.Errorf("the %s lacks %s: %s", name, right, grants)
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
	if err := owner.Update(t.Context(), holding("bad", "worse")); err != nil {
		t.Fatal(err)
	}
	s := open(t, newUser(t, server, database, "operator", mongodb.OperatorGrants), mongodb.Options{})
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil || len(page.Items) != 2 {
		t.Fatalf("%d entries, error %v", len(page.Items), err)
	}
	first, last := page.Items[0].ID, page.Items[1].ID
	for _, act := range []struct {
		what string
		fn   func(context.Context, store.Tx) error
	}{
		{"mend", mending(last, nil, "mended")},
		{"redrive", redriving("run", 1, last)},
		{"discard", moving(first, quarantine.Held, quarantine.Discarded)},
		{"purge", purging(1, first, last)},
	} {
		if err := s.Update(t.Context(), act.fn); err != nil {
			t.Errorf("%s as operator: %v", act.what, err)
		}
	}
	look := open(t, newUser(t, server, database, "reader", mongodb.ReaderGrants), mongodb.Options{ReadOnly: true})
	if err := look.Check(t.Context()); err != nil {
		t.Errorf("check as reader: %v", err)
	}
	totals, err := look.Reader().Totals(t.Context())
	if err != nil || totals.States[quarantine.Redriven] != 1 || totals.States[quarantine.Discarded] != 0 {
		t.Errorf("totals %+v, error %v; want one redriven", totals, err)
	}
	runs, err := store.ReadRedrives(look.Reader()).Redrives(t.Context(), store.RedriveQuery{})
	if err != nil || len(runs.Items) != 1 {
		t.Errorf("%d runs, error %v; want one", len(runs.Items), err)
	}
	if _, err := store.ReadControls(look.Reader()).Controls(t.Context(), store.ControlQuery{}); err != nil {
		t.Errorf("control totals as reader: %v", err)
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
