package mysql_test

import (
	"os"
	"sync"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
	"recibo/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// open opens a store and closes it when the test ends.
func open(t testing.TB, address string, o mysql.Options) *mysql.Store {
	t.Helper()
	s, err := mysql.Open(t.Context(), address, o)
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
func migrated(t testing.TB, address string, o mysql.Options) *mysql.Store {
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
			s := open(t, address, mysql.Options{Writers: 4})
			a.m.Store(s, address)
			return s
		},
		Reopen: func(t testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			address, _ := a.m.Load(s)
			return open(t, address.(string), mysql.Options{Writers: 4})
		},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	server := testserver.MariaDB(t)
	storetest.Run(t, new(addresses).harness(func(t testing.TB) string { return freshDatabase(t, server, "root") }))
}

// freshDatabase makes a database with the tables, gives a user a recorder's
// rights to it, and returns where that user finds it.
func freshDatabase(t testing.TB, server *testserver.MariaDBServer, user string) string {
	t.Helper()
	database := server.Database(t)
	migrated(t, server.URL("root", database), mysql.Options{})
	if user != "root" {
		server.SQL(t, database, mysql.Grants(user))
	}
	return server.URL(user, database)
}
