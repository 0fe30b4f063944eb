package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versions is the table in which the migrations are kept.
const versions = "recibo_migrations"

// Migrations of several processes wait for each other: the lock is tried once a
// second, for five minutes.
const (
	lockID       = 0x72656369626f // "recibo"
	lockSeconds  = 1
	lockAttempts = 300
)

// Migrate makes or upgrades the tables. It changes no database of another
// program and none of a newer version. Any number of processes may migrate at
// once; one of them does.
func (s *Store) Migrate(ctx context.Context) error {
	if s.writers == nil {
		return s.configError(errors.New("opened for reading only"), s.migrateTip())
	}
	about, err := s.look(ctx)
	if err != nil || about.version == latest() {
		return err
	}
	db := sql.OpenDB(stdlib.GetConnector(*s.config, stdlib.OptionAfterConnect(func(ctx context.Context, c *pgx.Conn) error {
		_, err := c.PgConn().Exec(ctx, writerSession+"; SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0").ReadAll()
		return err
	})))
	defer func() { _ = db.Close() }()
	locker, err := lock.NewPostgresSessionLocker(lock.WithLockID(lockID), lock.WithLockTimeout(lockSeconds, lockAttempts))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	folder, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	provider, err := goose.NewProvider(goose.DialectPostgres, db, folder, goose.WithTableName(versions),
		goose.WithDisableGlobalRegistry(true), goose.WithSessionLocker(locker))
	if err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	if _, err := provider.Up(ctx); err != nil {
		return s.rightsError(classify(ctx, "migrate", err, inGeneral), "migrate as the owner of the database or of the schema")
	}
	return nil
}

// latest is the version of the last migration.
func latest() int64 {
	names := migrationNames()
	version, err := goose.NumericComponent(names[len(names)-1])
	if err != nil {
		panic(err) // the name of a file of this package
	}
	return version
}

func migrationNames() []string {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil || len(names) == 0 {
		panic("no migrations in the program")
	}
	return names
}

// DDL returns the statements that Migrate runs on an empty database.
func DDL() string {
	var all []string
	for _, name := range migrationNames() {
		text, err := migrations.ReadFile(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		_, up, _ := strings.Cut(string(text), "-- +goose Up\n")
		up, _, _ = strings.Cut(up, "-- +goose Down")
		all = append(all, strings.TrimSpace(up))
	}
	return strings.Join(all, "\n\n")
}
