package mysql_test

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// TestMigrateAtOnce has many processes find an empty database.
func TestMigrateAtOnce(t *testing.T) {
	server := testserver.MariaDB(t)
	database := server.Database(t)
	address := server.URL("root", database)
	var all sync.WaitGroup
	for range 5 {
		s := open(t, address, mysql.Options{})
		all.Go(func() {
			if err := errors.Join(s.Migrate(t.Context()), s.Check(t.Context())); err != nil {
				t.Errorf("migrate: %v", err)
			}
		})
	}
	all.Wait()
	if got := server.SQL(t, database, "SELECT count(*), max(version_id) FROM recibo_migrations"); got != "3\t2" {
		t.Errorf("versions noted: %s, want 3, 2", got)
	}
}

// schemaOf lists all that is in a database, to be compared.
func schemaOf(t *testing.T, server *testserver.MariaDBServer, database string) string {
	t.Helper()
	return server.SQL(t, database, `
		SELECT TABLE_NAME, COLUMN_NAME, COLUMN_TYPE, IS_NULLABLE, COLLATION_NAME, EXTRA, GENERATION_EXPRESSION, COLUMN_DEFAULT
			FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, ORDINAL_POSITION;
		SELECT TABLE_NAME, INDEX_NAME, SEQ_IN_INDEX, COLUMN_NAME, NON_UNIQUE FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1, 2, 3;
		SELECT TABLE_NAME, CONSTRAINT_NAME, CHECK_CLAUSE FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = DATABASE() ORDER BY 1, 2;
		SELECT TABLE_NAME, ENGINE, TABLE_COLLATION FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE() ORDER BY 1;
		SELECT version_id, is_applied FROM recibo_migrations ORDER BY id;`)
}

// TestDDL makes the tables by hand.
func TestDDL(t *testing.T) {
	server := testserver.MariaDB(t)
	byHand, byProgram := server.Database(t), server.Database(t)
	server.SQL(t, byHand, mysql.DDL())
	migrated(t, server.URL("root", byProgram), mysql.Options{})
	s := open(t, server.URL("root", byHand), mysql.Options{})
	if err := errors.Join(s.Check(t.Context()), s.Migrate(t.Context())); err != nil {
		t.Errorf("with the tables made by hand: %v", err)
	}
	if hand, program := schemaOf(t, server, byHand), schemaOf(t, server, byProgram); hand != program || len(program) < 1000 {
		t.Errorf("by hand:\n%s\nby the program:\n%s", hand, program)
	}
}

// TestSchemaRefused are databases that this program must not touch.
func TestSchemaRefused(t *testing.T) {
	server := testserver.MariaDB(t)
	for _, c := range []struct {
		name, harm  string
		migrates    bool // Migrate mends it
		words, hint string
	}{
		{"no tables", "SELECT 1", true, "tables are missing", "run `recibo migrate` with the same store"},
		{"interrupted", ddlUntil("CREATE TABLE IF NOT EXISTS outages"), true, "tables are missing", "recibo migrate"},
		{"newer", mysql.DDL() + "INSERT INTO recibo_migrations (version_id, is_applied) VALUES (99, true)", false,
			"database was made by a newer recibo (schema 99, this program knows 2)", "use the newer recibo"},
		{"table lost", mysql.DDL() + "DROP TABLE outages", false, "table outages is missing, or this user has no right to it", "backup"},
		{"no transactions", mysql.DDL() + "ALTER TABLE writers ENGINE = Aria", false, "table writers is kept by Aria, which has no transactions", "ALTER TABLE writers ENGINE = InnoDB"},
		{"no key", mysql.DDL() + "ALTER TABLE payments DROP PRIMARY KEY, ADD PRIMARY KEY (transaction_id, occurred_at)", false,
			"payments has no unique key of transaction_id alone", "ADD UNIQUE KEY (transaction_id)"},
		{"half a key", mysql.DDL() + "ALTER TABLE payments DROP PRIMARY KEY, ADD UNIQUE KEY x (transaction_id(10))", false,
			"payments has no unique key of transaction_id alone", "ADD UNIQUE KEY (transaction_id)"},
		{"letters alike", mysql.DDL() + "ALTER TABLE payments CONVERT TO CHARACTER SET utf8mb4 COLLATE utf8mb4_general_ci", false,
			"ids that differ by case would be one", "COLLATE ascii_bin"},
		{"column lost", mysql.DDL() + "ALTER TABLE quarantine_history DROP COLUMN mended_sha256", false, "table quarantine_history has no column mended_sha256", "backup"},
		{"another program's", "CREATE TABLE payments (id int)", false, "another program's table payments is there", "give another database"},
	} {
		t.Run(c.name, func(t *testing.T) {
			database := server.Database(t)
			server.SQL(t, database, c.harm)
			s := open(t, server.URL("root", database), mysql.Options{})
			wantConfig(t, s.Check(t.Context()), c.words, c.hint)
			err := s.Migrate(t.Context())
			switch {
			case c.migrates:
				if err = errors.Join(err, s.Check(t.Context())); err != nil {
					t.Errorf("migrate: %v", err)
				}
			case c.name == "newer" || c.name == "another program's": // the others are of this version
				wantConfig(t, err, c.words, c.hint)
			}
		})
	}
}

// ddlUntil is what stands when a migration was interrupted.
func ddlUntil(statement string) string {
	before, _, _ := strings.Cut(mysql.DDL(), statement)
	return before
}

// TestRightsAtStart are found before anything runs.
func TestRightsAtStart(t *testing.T) {
	server := testserver.MariaDB(t)
	user := server.User(t, "nobody")
	database := server.Database(t)
	server.SQL(t, database, "CREATE TABLE other (a int); GRANT SELECT ON other TO `"+user+"`")
	s := open(t, server.URL(user, database), mysql.Options{})
	wantConfig(t, s.Migrate(t.Context()), "command denied to user", "docs/systems.md")
	server.SQL(t, database, "GRANT SELECT ON `"+database+"`.* TO `"+user+"`")
	wantConfig(t, open(t, server.URL(user, database), mysql.Options{}).Migrate(t.Context()), "CREATE command denied to user", "migrate as a user who may make tables")
	server.SQL(t, database, "REVOKE SELECT ON `"+database+"`.* FROM `"+user+"`")
	migrated(t, server.URL("root", database), mysql.Options{})
	s = open(t, server.URL(user, database), mysql.Options{})
	wantConfig(t, s.Check(t.Context()), "SELECT command denied to user", "give this user its rights")
	server.SQL(t, database, mysql.Grants(user))
	// Nothing is to be done, so nobody need be the owner for it.
	if err := errors.Join(s.Check(t.Context()), s.Migrate(t.Context())); err != nil {
		t.Errorf("with rights: %v", err)
	}
}

// TestMigrateWithTheRightsItNames is the least that may make the tables.
func TestMigrateWithTheRightsItNames(t *testing.T) {
	server := testserver.MariaDB(t)
	user := server.User(t, "owner")
	database := server.Database(t)
	server.SQL(t, database, "GRANT CREATE, ALTER, INDEX, REFERENCES, SELECT, INSERT ON `"+database+"`.* TO `"+user+"`")
	s := migrated(t, server.URL(user, database), mysql.Options{})
	if err := s.Check(t.Context()); err != nil {
		t.Error(err)
	}
}

// TestCheckInAnOutage is not taken for missing tables.
func TestCheckInAnOutage(t *testing.T) {
	server := testserver.MariaDB(t)
	proxy := server.Proxy(t)
	s := migrated(t, at(server.URL("root", server.Database(t)), proxy.Addr()), mysql.Options{})
	proxy.Cut()
	for what, err := range map[string]error{"check": s.Check(t.Context()), "migrate": s.Migrate(t.Context())} {
		wantClass(t, err, store.ClassOutage, "connect: ")
		if strings.Count(err.Error(), "connect") > 2 {
			t.Errorf("%s: %v says it twice", what, err)
		}
	}
}
