package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// oldestServer is the first that tells a transaction its own id.
const oldestServer = 130_000

// tableNames are the tables that a database of this version has.
var tableNames = []string{"payments", "quarantine", "quarantine_history", "outages", "writers", "tally"}

// about is what is to be known of a database before it is used.
type about struct {
	server    int
	encoding  string
	isStandby bool
	readOnly  bool
	schema    string          // where tables are made; empty when there is none
	mayCreate bool            // tables in it
	tables    map[string]bool // those of our names that can be seen
	version   int64           // of the tables; 0 where there are none
}

// Check answers whether the database can be reached and has the tables of this
// version.
func (s *Store) Check(ctx context.Context) error {
	about, err := s.look(ctx)
	switch {
	case err != nil:
		return err
	case about.version == 0:
		return s.configError(errors.New("tables are missing"), migrateTip)
	case about.version < latest():
		return s.configError(fmt.Errorf("tables are of schema %d, this program wants %d", about.version, latest()), migrateTip)
	}
	for _, name := range tableNames {
		if !about.tables[name] {
			return s.configError(fmt.Errorf("table %s is missing", name), "restore the database from a backup, or give another one")
		}
	}
	return nil
}

// look asks what there is, and refuses a database that this program must not
// touch. A standby is none of these: it may be promoted, and is not set to read
// only but is.
func (s *Store) look(ctx context.Context) (about, error) {
	pool := s.writers
	if pool == nil {
		pool = s.readers
	}
	var a about
	err := reader{pool}.with(ctx, "look at the tables", func(c *conn) (err error) {
		a, err = lookAt(ctx, c)
		return err
	})
	if err != nil {
		return a, s.rightsError(err, "give this user its rights: docs/systems.md has the statements")
	}
	return a, s.refuse(&a)
}

func lookAt(ctx context.Context, c *conn) (about, error) {
	a := about{tables: map[string]bool{}}
	err := c.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), pg_is_in_recovery(),
		current_setting('default_transaction_read_only')::boolean, coalesce(current_schema(), ''),
		coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).
		Scan(&a.server, &a.encoding, &a.isStandby, &a.readOnly, &a.schema, &a.mayCreate)
	if err != nil {
		return a, err
	}
	names := append([]string{versions}, tableNames...)
	rows, err := c.Query(ctx, "SELECT name FROM unnest($1::text[]) AS name WHERE to_regclass(name) IS NOT NULL", names)
	if err != nil {
		return a, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return a, err
	}
	for _, name := range found {
		a.tables[name] = true
	}
	if !a.tables[versions] {
		return a, nil
	}
	err = c.QueryRow(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versions+" WHERE is_applied").Scan(&a.version)
	return a, err
}

func (s *Store) refuse(a *about) error {
	const other = "give another database, or a schema of its own: ?search_path=recibo"
	switch {
	case a.server < oldestServer:
		return s.configError(fmt.Errorf("the server is PostgreSQL %d, this program wants %d or newer", a.server/10_000, oldestServer/10_000),
			"upgrade the server, or give another one")
	case a.encoding != "UTF8":
		return s.configError(fmt.Errorf("the database is encoded in %s, which does not hold every name", a.encoding),
			"create it with ENCODING 'UTF8' TEMPLATE template0")
	case a.readOnly && s.writers != nil:
		return s.configError(errors.New("the user or the database is set to read only (default_transaction_read_only)"),
			"ALTER ROLE … or ALTER DATABASE … RESET default_transaction_read_only")
	case a.version > latest():
		return s.configError(fmt.Errorf("database was made by a newer recibo (schema %d, this program knows %d)", a.version, latest()),
			"use the newer recibo, or give another database")
	}
	if a.tables[versions] {
		return nil
	}
	for _, name := range tableNames {
		if a.tables[name] {
			return s.configError(fmt.Errorf("another program's table %s is there", name), other)
		}
	}
	return nil
}

// rightsError is err, or what to do about rights that are missing: they do not
// come by waiting.
func (s *Store) rightsError(err error, tip string) error {
	if e, ok := errors.AsType[*pgconn.PgError](err); ok && e.Code == "42501" { // insufficient_privilege
		return s.configError(explain(err), tip)
	}
	return err
}
