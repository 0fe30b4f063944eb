package app

import (
	"context"
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"recibo/store/mongodb"
	"recibo/store/mysql"
	"recibo/store/postgres"
	"recibo/store/sqlite"
)

func postgresDDL(context.Context) (string, error) {
	return withGrants(postgres.DDL(), "-- ", postgres.Grants, postgres.OperatorGrants, postgres.ReaderGrants), nil
}

func mysqlDDL(context.Context) (string, error) {
	return withGrants(mysql.DDL(), "-- ", mysql.Grants, mysql.OperatorGrants, mysql.ReaderGrants), nil
}

func mongoDDL(context.Context) (string, error) {
	return withGrants(mongodb.DDL(), "// ", mongodb.Grants, mongodb.OperatorGrants, mongodb.ReaderGrants), nil
}

// withGrants is what Migrate runs, and then, as comments, the rights of the
// accounts that use the tables.
func withGrants(ddl, comment string, recorder, operator, reader func(string) string) string {
	grants := comment + "The least rights of a recorder; the owner of the tables grants them after each migration:\n" +
		recorder("recibo_recorder") +
		"\n" + comment + "Of people who decide about what is in quarantine, and of those who only look:\n" +
		operator("recibo_operator") + "\n" + reader("recibo_reader")
	return ddl + "\n\n" + commented(grants, comment)
}

// commented makes each line a comment.
func commented(statements, comment string) string {
	lines := strings.Split(strings.TrimSpace(statements), "\n")
	for i, line := range lines {
		if !strings.HasPrefix(line, comment) {
			lines[i] = strings.TrimSpace(comment + line)
		}
	}
	return strings.Join(lines, "\n")
}

// sqliteDDL makes a database in a folder that goes away, and tells what was
// made: what the migrations come to, whatever their number.
func sqliteDDL(ctx context.Context) (string, error) {
	dir, err := os.MkdirTemp("", "recibo-ddl-")
	if err != nil {
		return "", fmt.Errorf("print the DDL: %w", err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "recibo.db")
	s, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		return "", err
	}
	if err := s.Close(); err != nil {
		return "", err
	}
	statements, err := schemaOf(ctx, file)
	if err != nil {
		return "", fmt.Errorf("print the DDL: %w", err)
	}
	return strings.Join(statements, "\n\n"), nil
}

func schemaOf(ctx context.Context, file string) ([]string, error) {
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		return nil, err
	}
	defer db.Close()
	rows, err := db.QueryContext(ctx, "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY rowid")
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var statements []string
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return nil, err
		}
		statements = append(statements, text+";")
	}
	return statements, rows.Err()
}
