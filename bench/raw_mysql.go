package main

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	driver "github.com/go-sql-driver/mysql"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

func mysqlEnd() (storeEnd, error) {
	s, err := testserver.OpenMariaDB(testserver.Setting("innodb_buffer_pool_size", "512M"),
		testserver.Setting("innodb_log_file_size", "1G"))
	if err != nil {
		return storeEnd{}, err
	}
	m := &mysqlBench{MariaDBServer: s}
	return storeEnd{name: "MariaDB", events: 400_000, store: m.freshStore, inserter: m.inserter, server: s}, nil
}

type mysqlBench struct {
	*testserver.MariaDBServer
	stores int
}

func (m *mysqlBench) name() string { return fmt.Sprintf("bench%d", m.stores) }

func (m *mysqlBench) freshStore(ctx context.Context, _ string) (store.Store, error) {
	db, err := m.connect("mysql")
	if err != nil {
		return nil, err
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "DROP DATABASE IF EXISTS "+m.name()); err != nil {
		return nil, err
	}
	m.stores++
	if _, err := db.ExecContext(ctx, "CREATE DATABASE "+m.name()); err != nil {
		return nil, err
	}
	s, err := mysql.Open(ctx, m.URL("root", m.name()), mysql.Options{})
	if err != nil {
		return nil, err
	}
	return s, s.Migrate(ctx)
}

func (m *mysqlBench) connect(database string) (*sql.DB, error) {
	config := driver.NewConfig()
	config.User, config.Passwd, config.Net, config.Addr, config.DBName = "root", testserver.Password, "tcp", m.Addr(), database
	config.InterpolateParams = true
	config.MaxAllowedPacket = 0                                           // what the server takes
	config.Params = map[string]string{"tx_isolation": "'READ-COMMITTED'"} // as MariaDB calls it
	connector, err := driver.NewConnector(config)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(connector), nil
}

// inserter writes over two connections, one statement a transaction, filled in
// by the driver.
func (m *mysqlBench) inserter(ctx context.Context, dir string) (func(context.Context, []store.Payment) error, func(), error) {
	s, err := m.freshStore(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Close(); err != nil {
		return nil, nil, err
	}
	db, err := m.connect(m.name())
	if err != nil {
		return nil, nil, err
	}
	one := "(" + strings.Repeat("?,", strings.Count(rawSQLiteColumns, ",")) + "?)"
	insert := shared(make([]struct{}, rawConnections), func(ctx context.Context, _ struct{}, part []store.Payment) error {
		for rest := part; len(rest) > 0; {
			n := min(len(rest), rawTransaction)
			if _, err := db.ExecContext(ctx, "INSERT INTO payments ("+rawSQLiteColumns+") VALUES "+strings.Repeat(one+",", n-1)+one+
				" ON DUPLICATE KEY UPDATE transaction_id = transaction_id", mysqlRows(rest[:n])...); err != nil {
				return err
			}
			rest = rest[n:]
		}
		return nil
	})
	return insert, func() { _ = db.Close() }, nil
}

func mysqlRows(payments []store.Payment) []any {
	const layout = "2006-01-02 15:04:05.000"
	var args []any
	for i := range payments {
		p := &payments[i]
		args = append(args, p.TransactionID, p.Amount.Decimal(), string(p.Amount.Currency), p.PayerAccount, p.PayeeAccount,
			p.OccurredAt.In(time.UTC).Format(layout), p.Method, p.Source, nil, p.Fingerprint[:], p.Queue, p.Position,
			p.RecordedAt.In(time.UTC).Format(layout))
	}
	return args
}
