package sqlite_test

import (
	"database/sql"
	"testing"

	_ "modernc.org/sqlite"
)

// rawDB opens the file as another program would.
func rawDB(t testing.TB, file string) *sql.DB {
	t.Helper()
	return rawDBWith(t, file, "")
}

// rawDBWith takes more parameters, each with a leading ampersand.
func rawDBWith(t testing.TB, file, parameters string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate&_busy_timeout=2000&_journal_mode=WAL&_synchronous=FULL"+parameters)
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func rawExec(t testing.TB, db *sql.DB, query string, args ...any) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), query, args...); err != nil {
		t.Fatalf("%s: %v", query, err)
	}
}
