package postgres

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// oldestServer is the first that tells a transaction its own id.
const oldestServer = 130_000

// tables are those that a database of this version has, with their columns.
var tables = []struct{ name, columns string }{
	{"payments", paymentColumns},
	{"quarantine", entryRow + withBody},
	{"quarantine_history", historyRow},
	{"outages", outageRow},
	{"writers", writerColumns},
	{"tally", tallyColumns},
	{"redrives", redriveColumns},
	{"control_totals", controlColumns},
}

const (
	restoreTip = "restore the database from a backup, or give another one"
	rightsTip  = "give this user its rights: docs/systems.md has the statements"
)

// about is what is to be known of a database before it is used.
type about struct {
	server    int
	encoding  string
	isStandby bool
	readOnly  bool
	schema    string          // where tables are made; empty when there is none
	mayCreate bool            // tables in it
	tables    map[string]seen // those of our names that can be seen
	version   int64           // of the tables; 0 where there are none
}

// seen is a table that is there.
type seen struct {
	columns  []string
	readable bool // by this user
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
	for _, table := range tables {
		if err := s.checkTable(table.name, table.columns, about.tables); err != nil {
			return err
		}
	}
	return nil
}

// checkTable looks for a table with these columns.
func (s *Store) checkTable(name, columns string, all map[string]seen) error {
	table, found := all[name]
	if !found {
		return s.configError(fmt.Errorf("table %s is missing", name), restoreTip)
	}
	for column := range strings.SplitSeq(columns, ",") {
		if column = strings.TrimSpace(column); !slices.Contains(table.columns, column) {
			return s.configError(fmt.Errorf("table %s has no column %s", name, column), restoreTip)
		}
	}
	if !table.readable {
		return s.configError(fmt.Errorf("permission denied for table %s", name), rightsTip)
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
		return a, s.rightsError(err, rightsTip)
	}
	return a, s.refuse(&a)
}

func lookAt(ctx context.Context, c *conn) (about, error) {
	a := about{tables: map[string]seen{}}
	err := c.QueryRow(ctx, `SELECT current_setting('server_version_num')::int, current_setting('server_encoding'), pg_is_in_recovery(),
		current_setting('default_transaction_read_only')::boolean, coalesce(current_schema(), ''),
		coalesce(has_schema_privilege(current_schema(), 'CREATE'), false)`).
		Scan(&a.server, &a.encoding, &a.isStandby, &a.readOnly, &a.schema, &a.mayCreate)
	if err != nil {
		return a, err
	}
	names := []string{versions}
	for _, table := range tables {
		names = append(names, table.name)
	}
	rows, err := c.Query(ctx, `SELECT name, has_table_privilege(to_regclass(name), 'SELECT'), array_agg(attname::text) FROM unnest($1::text[]) AS name
		JOIN pg_attribute ON attrelid = to_regclass(name) AND attnum > 0 AND NOT attisdropped GROUP BY name`, names)
	if err != nil {
		return a, err
	}
	var name string
	var table seen
	_, err = pgx.ForEachRow(rows, []any{&name, &table.readable, &table.columns}, func() error {
		a.tables[name] = table
		table.columns = nil
		return nil
	})
	if err != nil {
		return a, err
	}
	if _, found := a.tables[versions]; !found {
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
	if _, found := a.tables[versions]; found {
		return nil
	}
	for _, table := range tables {
		if _, found := a.tables[table.name]; found {
			return s.configError(fmt.Errorf("another program's table %s is there", table.name), other)
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
