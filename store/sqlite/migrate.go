package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versions is the table in which the migrations are kept.
const versions = "recibo_migrations"

// tables are those that a database of this version has, each with the version
// that makes it.
var tables = []struct {
	name  string
	since int64
}{
	{"payments", 1}, {"quarantine", 1}, {"quarantine_history", 1}, {"outages", 1}, {"writers", 1}, {"tally", 1},
	{"redrives", 2}, {"control_totals", 2},
}

// migrateTries is how often a migration is tried: of two processes that make
// the tables at once one fails, and finds them made the next time.
const migrateTries = 3

// Migrate makes or upgrades the tables. It changes no database of another
// program and none of a newer version.
func (s *Store) Migrate(ctx context.Context) error {
	if s.writer == nil {
		return s.config(errors.New("opened for reading only"), "run `recibo migrate`")
	}
	var err error
	for range migrateTries {
		err = s.migrate(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
	}
	return err
}

func (s *Store) migrate(ctx context.Context) error {
	db, err := openPool(s.path, writerPragmas, s.options.BusyTimeout, 1)
	if err != nil {
		return s.openError(err)
	}
	defer func() { _ = db.Close() }()
	have, err := s.schema(ctx, db)
	if err != nil || have == latest() {
		return err
	}
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder, goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return classify("migrate "+s.target(), err, inGeneral)
	}
	return nil
}

// Check answers whether the database can be read and has the tables of this
// version.
func (s *Store) Check(ctx context.Context) error {
	have, err := s.schema(ctx, s.readers)
	if err != nil {
		return err
	}
	if have < latest() {
		return s.config(fmt.Errorf("tables are of schema %d, this program wants %d", have, latest()), "run `recibo migrate`")
	}
	names, err := existing(ctx, s.readers)
	if err != nil {
		return s.openError(err)
	}
	for _, table := range tables {
		if !names[table.name] {
			return s.config(fmt.Errorf("table %s is missing", table.name), "restore the file from a backup, or give another one")
		}
	}
	return nil
}

// schema returns the version of the tables, 0 where there are none, and refuses
// a database that this program must not touch.
func (s *Store) schema(ctx context.Context, db *sql.DB) (int64, error) {
	names, err := existing(ctx, db)
	if err != nil {
		return 0, s.openError(err)
	}
	var have int64
	if names[versions] {
		err = db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM "+versions+" WHERE is_applied").Scan(&have)
		if err != nil {
			return 0, s.openError(err)
		}
	}
	for _, table := range tables {
		if table.since > have && names[table.name] {
			return 0, s.config(fmt.Errorf("another program's table %s is there", table.name), otherFileTip)
		}
	}
	if have > latest() {
		return 0, s.config(fmt.Errorf("database was made by a newer recibo (schema %d, this program knows %d)", have, latest()),
			"use the newer recibo, or give another file")
	}
	return have, nil
}

// existing returns the names of all tables.
func existing(ctx context.Context, db *sql.DB) (map[string]bool, error) {
	rows, err := db.QueryContext(ctx, "SELECT name FROM sqlite_schema WHERE type = 'table'")
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	names := map[string]bool{}
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		names[name] = true
	}
	return names, rows.Err()
}

// latest is the version of the last migration.
func latest() int64 {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(files) == 0 {
		panic("no migrations in the program")
	}
	version, err := goose.NumericComponent(files[len(files)-1])
	if err != nil {
		panic(err) // the name of a file of this package
	}
	return version
}
