package postgres_test

import (
	"os"
	"sync"
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

func TestConformance(t *testing.T) {
	server := testserver.Postgres(t)
	storetest.Run(t, new(addresses).harness(func(t testing.TB) string {
		address := server.URL("postgres", server.Database(t))
		migrated(t, address, postgres.Options{})
		return address
	}))
}
