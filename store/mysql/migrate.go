package mysql

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/pressly/goose/v3"

	"recibo/store"
)

//go:embed migrations/*.sql
var migrations embed.FS

// versions is the table in which the migrations are kept.
const versions = "recibo_migrations"

const (
	// lockSeconds is how long migrations of several processes wait for each other.
	lockSeconds = 300
	ownerTip    = "migrate as a user who may make tables in this database: GRANT CREATE, ALTER, INDEX, REFERENCES, SELECT, INSERT ON …"
	// migrateSession lets a change of a large table take its time.
	migrateSession = writerSession + `; SET SESSION lock_wait_timeout = 300, default_storage_engine = InnoDB
	/*M!100300 , max_statement_time = 0, idle_transaction_timeout = 0 */ /*!80000 , wait_timeout = 28800 */`
)

// Migrate makes or upgrades the tables. It changes no database of another
// program and none of a newer version. Any number of processes may migrate at
// once; one of them does. MySQL commits each change of a table by itself: what
// was interrupted goes on where it stopped.
func (s *Store) Migrate(ctx context.Context) error {
	if s.writers == nil {
		return s.configError(errors.New("opened for reading only"), migrateTip)
	}
	about, err := s.look(ctx)
	if err != nil || about.version == latest() {
		return err
	}
	return s.alone(ctx, func(host string) error {
		connector, err := s.address.connector(host, migrateSession)
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		db := sql.OpenDB(connector)
		defer func() { _ = db.Close() }()
		folder, err := fs.Sub(migrations, "migrations")
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		provider, err := goose.NewProvider(goose.DialectMySQL, db, folder, goose.WithTableName(versions), goose.WithDisableGlobalRegistry(true))
		if err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		if _, err := provider.Up(ctx); err != nil {
			return s.rightsError(classify(ctx, "migrate", err, inGeneral), ownerTip)
		}
		return nil
	})
}

// alone runs fn while no other process does, with the host of the database that
// takes writes.
func (s *Store) alone(ctx context.Context, fn func(host string) error) error {
	c, err := s.writers.Connect(ctx)
	if err != nil {
		return connectFailed(ctx, err)
	}
	defer c.discard() // and with it the lock
	var got sql.Null[int]
	err = c.QueryRowContext(ctx, "SELECT GET_LOCK(SHA2(CONCAT('recibo migrate ', DATABASE()), 224), ?)", lockSeconds).Scan(&got)
	if err != nil {
		return classify(ctx, "migrate", err, inGeneral)
	}
	if got.V != 1 {
		return &store.Error{Class: store.ClassOutage, Op: "migrate", Err: errors.New("another process migrates, and does not end")}
	}
	return fn(c.host)
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

// DDL returns the statements that do by hand, in an empty database, what
// Migrate does, its notes about itself included.
func DDL() string {
	all := []string{`CREATE TABLE ` + versions + ` (
    id         bigint unsigned NOT NULL AUTO_INCREMENT PRIMARY KEY,
    version_id bigint          NOT NULL,
    is_applied boolean         NOT NULL,
    tstamp     datetime        DEFAULT CURRENT_TIMESTAMP
);

INSERT INTO ` + versions + ` (version_id, is_applied) VALUES (0, true);`}
	for _, name := range migrationNames() {
		text, err := migrations.ReadFile(name)
		if err != nil {
			panic(err) // it is part of the program
		}
		version, err := goose.NumericComponent(name)
		if err != nil {
			panic(err)
		}
		_, up, _ := strings.Cut(string(text), "-- +goose Up\n")
		up, _, _ = strings.Cut(up, "-- +goose Down")
		all = append(all, strings.TrimSpace(up),
			fmt.Sprintf("INSERT INTO %s (version_id, is_applied) VALUES (%d, true);", versions, version))
	}
	return strings.Join(all, "\n\n")
}
