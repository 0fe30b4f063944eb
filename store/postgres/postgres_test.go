package postgres_test

import (
	"fmt"
	"os"
	"sync"
	"sync/atomic"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/postgres"
	"recibo/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// open opens a store and closes it when the test ends.
func open(t testing.TB, address string, o postgres.Options) *postgres.Store {
	t.Helper()
	s, err := postgres.Open(t.Context(), address, o)
	if err != nil {
		t.Fatalf("open: %v", err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return s
}

// migrated opens a fresh database with its tables.
func migrated(t testing.TB, address string, o postgres.Options) *postgres.Store {
	t.Helper()
	s := open(t, address, o)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return s
}

// addresses remembers where stores are, so that they can be opened again.
type addresses struct{ m sync.Map }

func (a *addresses) harness(fresh func(testing.TB) string) storetest.Harness {
	return storetest.Harness{
		Open: func(t testing.TB) store.Store {
			address := fresh(t)
			s := open(t, address, postgres.Options{Writers: 4})
			a.m.Store(s, address)
			return s
		},
		Reopen: func(t testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			address, _ := a.m.Load(s)
			return open(t, address.(string), postgres.Options{Writers: 4})
		},
	}
}

// TestConformance gives each case a schema of its own, which is several times
// faster to make and to drop than a database.
func TestConformance(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	storetest.Run(t, new(addresses).harness(func(t testing.TB) string {
		return freshSchema(t, server, database, "postgres")
	}))
}

var schemas atomic.Int64

// freshSchema makes a schema with the tables, gives a user a recorder's rights
// to it, and returns where that user finds it.
func freshSchema(t testing.TB, server *testserver.PostgresServer, database, user string) string {
	t.Helper()
	schema := fmt.Sprintf("s%d", schemas.Add(1))
	owner := raw(t, server.URL("postgres", database))
	rawExec(t, owner, "CREATE SCHEMA "+schema+"; SET search_path = "+schema)
	migrated(t, with(server.URL("postgres", database), "search_path", schema), postgres.Options{})
	rawExec(t, owner, "GRANT USAGE ON SCHEMA "+schema+" TO "+user+"; "+postgres.Grants(user))
	return with(server.URL(user, database), "search_path", schema)
}
