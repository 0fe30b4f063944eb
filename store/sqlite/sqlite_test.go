package sqlite_test

import (
	"path/filepath"
	"testing"

	"recibo/store"
	"recibo/store/sqlite"
	"recibo/store/storetest"
)

// open opens the database in file and closes it when the test ends.
func open(t testing.TB, file string, o sqlite.Options) *sqlite.Store {
	t.Helper()
	s, err := sqlite.Open(t.Context(), file, o)
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

func TestConformance(t *testing.T) {
	files := map[store.Store]string{}
	storetest.Run(t, storetest.Harness{
		Open: func(t testing.TB) store.Store {
			file := filepath.Join(t.TempDir(), "recibo.db")
			s := open(t, file, sqlite.Options{})
			files[s] = file
			return s
		},
		Reopen: func(t testing.TB, s store.Store) store.Store {
			if err := s.Close(); err != nil {
				t.Fatalf("close: %v", err)
			}
			return open(t, files[s], sqlite.Options{})
		},
	})
}
