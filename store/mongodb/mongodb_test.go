package mongodb_test

import (
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mongodb"
	"recibo/store/storetest"
)

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

// open opens a store and closes it when the test ends. It is patient: the machine
// has others to serve.
func open(t testing.TB, address string, o mongodb.Options) *mongodb.Store {
	t.Helper()
	if !strings.Contains(address, "serverSelectionTimeoutMS") {
		address = with(address, "serverSelectionTimeoutMS", "20000")
	}
	s, err := mongodb.Open(t.Context(), address, o)
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

// migrated opens a fresh database with its collections.
func migrated(t testing.TB, address string, o mongodb.Options) *mongodb.Store {
	t.Helper()
	s := open(t, address, o)
	if err := s.Migrate(t.Context()); err != nil {
		t.Fatalf("migrate: %v", err)
	}
	return s
}

// addresses remembers where stores are, so that they can be opened again.
type addresses struct{ m sync.Map }

func (a *addresses) harness(fresh func(testing.TB) string, o mongodb.Options) storetest.Harness {
	return storetest.Harness{
		Open: func(t testing.TB) store.Store {
			address := fresh(t)
			s := migrated(t, address, o)
			a.m.Store(s, address)
			return s
		},
		Reopen: func(t testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			address, _ := a.m.Load(s)
			return open(t, address.(string), o)
		},
	}
}

func TestConformance(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	storetest.Run(t, new(addresses).harness(func(t testing.TB) string {
		return server.URL("", server.Database(t))
	}, mongodb.Options{Writers: 4}))
}

// writingCases are the cases of the suite but those that read much, which is
// done in one way everywhere and takes half of the time, and the one that writes
// thousands of documents, of which SecantusDB manages a few hundred a second.
func writingCases() []storetest.Case {
	return slices.DeleteFunc(storetest.Cases(), func(c storetest.Case) bool {
		return strings.Contains(c.Name, "pages") || strings.Contains(c.Name, "causes") || strings.Contains(c.Name, "thousand")
	})
}
