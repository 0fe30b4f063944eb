package testserver

import (
	"strings"
	"testing"
	"time"
)

// Role makes a role that may log in with Password and do nothing else yet,
// dropped at the end of the test with everything that it owns or was granted,
// and returns its name: the one given, made unique.
func (s *PostgresServer) Role(t testing.TB, name string) string {
	t.Helper()
	name = unique(name)
	s.SQL(t, "postgres", `CREATE ROLE "`+name+`" LOGIN PASSWORD '`+Password+`'`)
	t.Cleanup(func() {
		if keep() || s.Answers(time.Second) != nil {
			return
		}
		// What depends on a role can only be dropped in its own database.
		const where = `SELECT DISTINCT datname FROM pg_shdepend JOIN pg_database d ON d.oid = dbid
			WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = `
		for database := range strings.Lines(s.SQL(t, "postgres", where+`'`+name+`')`)) {
			s.SQL(t, strings.TrimSpace(database), `DROP OWNED BY "`+name+`" CASCADE`)
		}
		s.SQL(t, "postgres", `DROP OWNED BY "`+name+`"; DROP ROLE "`+name+`"`)
	})
	return name
}
