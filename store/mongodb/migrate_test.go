package mongodb_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
)

// TestMigrateAtOnce has many processes find an empty database.
func TestMigrateAtOnce(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	address := server.URL("admin", server.Database(t))
	var all sync.WaitGroup
	for range 5 {
		s := open(t, address, mongodb.Options{})
		all.Go(func() {
			if err := errors.Join(s.Migrate(t.Context()), s.Check(t.Context())); err != nil {
				t.Errorf("migrate: %v", err)
			}
		})
	}
	all.Wait()
	one := server.URL("admin", server.Database(t))
	migrated(t, one, mongodb.Options{})
	if many, one := schemaOf(t, raw(t, address)), schemaOf(t, raw(t, one)); many != one || len(one) < 1000 {
		t.Errorf("made by many:\n%s\nby one:\n%s", many, one)
	}
}

// schemaOf lists all that is in a database, to be compared.
func schemaOf(t *testing.T, db *mongo.Database) string {
	t.Helper()
	specs, err := db.ListCollectionSpecifications(t.Context(), bson.D{})
	if err != nil {
		t.Fatal(err)
	}
	var all []string
	for _, c := range specs {
		all = append(all, fmt.Sprintf("%s %s %s", c.Name, c.Type, c.Options))
		indexes, err := db.Collection(c.Name).Indexes().ListSpecifications(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range indexes {
			all = append(all, fmt.Sprintf("%s %s %s %v", c.Name, x.Name, x.KeysDocument, x.Unique != nil && *x.Unique))
		}
	}
	slices.Sort(all)
	versions, err := db.Collection("recibo_migrations").CountDocuments(t.Context(), bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: bson.A{1, 2}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(append(all, fmt.Sprintf("%d versions", versions)), "\n")
}

// TestDDL makes the collections by hand.
func TestDDL(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	byHand, byProgram := server.URL("admin", server.Database(t)), server.URL("admin", server.Database(t))
	runShell(t, raw(t, byHand), mongodb.DDL())
	migrated(t, byProgram, mongodb.Options{})
	s := open(t, byHand, mongodb.Options{})
	if err := errors.Join(s.Check(t.Context()), s.Migrate(t.Context())); err != nil {
		t.Errorf("with the collections made by hand: %v", err)
	}
	if hand, program := schemaOf(t, raw(t, byHand)), schemaOf(t, raw(t, byProgram)); hand != program || len(program) < 1000 {
		t.Errorf("by hand:\n%s\nby the program:\n%s", hand, program)
	}
}

// TestSchemaRefused are databases that this program must not touch.
func TestSchemaRefused(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	for _, c := range []struct {
		name, harm  string // statements of the shell
		migrates    bool   // Migrate mends it
		words, hint string
	}{
		{"no collections", "", true, "collections are missing", "run `recibo migrate` with the same store"},
		{"half made", `db.createCollection("recibo_migrations");` + "\n" + `db.createCollection("payments");`, true, "collections are missing", "recibo migrate"},
		{"newer", mongodb.DDL() + `db.recibo_migrations.insertOne({"_id": 99});`, false,
			"database was made by a newer recibo (schema 99, this program knows 2)", "use the newer recibo"},
		{"collection lost", mongodb.DDL() + `db.outages.drop();`, false, "collection outages is missing", "backup"},
		{"another program's", `db.payments.insertOne({"_id": 1});`, false, "another program's collection payments is there", "give another database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			address := server.URL("admin", server.Database(t))
			runShell(t, raw(t, address), c.harm)
			s := open(t, address, mongodb.Options{})
			wantConfig(t, s.Check(t.Context()), c.words, c.hint)
			err := s.Migrate(t.Context())
			switch {
			case c.migrates:
				if err = errors.Join(err, s.Check(t.Context())); err != nil {
					t.Errorf("migrate: %v", err)
				}
				if !strings.Contains(schemaOf(t, raw(t, address)), `payments collection {"validator": {"$jsonSchema"`) {
					t.Error("payments has no validator")
				}
			case c.name != "collection lost":
				wantConfig(t, err, c.words, c.hint)
			}
		})
	}
}

// TestCheckInAnOutage is not taken for missing collections.
func TestCheckInAnOutage(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	proxy := server.Proxy(t)
	s := migrated(t, with(at(server.URL("admin", server.Database(t)), proxy.Addr()), "serverSelectionTimeoutMS", "500"), mongodb.Options{})
	proxy.Cut()
	for what, err := range map[string]error{"check": s.Check(t.Context()), "migrate": s.Migrate(t.Context())} {
		wantClass(t, err, store.ClassOutage, "look at the collections: ")
		if strings.Contains(err.Error(), "topology") {
			t.Errorf("%s: %v is in the driver's words", what, err)
		}
	}
}
