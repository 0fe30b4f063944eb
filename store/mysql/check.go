package mysql

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// The first servers with everything that is used: checked constraints, JSON
// functions, room for generated columns.
const (
	oldestMySQL   = 80_016
	oldestMariaDB = 100_500
)

// leastPacket takes the largest entry of the quarantine, whose bytes are sent as
// two digits each.
const leastPacket = 4 << 20

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

const rightsTip = "give this user its rights: docs/systems.md has the statements"

// about is what is to be known of a database before it is used.
type about struct {
	variables map[string]string // of the server, those that matter
	engines   map[string]string // of the tables that can be seen
	columns   map[string]string // of these, as table.column
	version   int64             // of the tables; 0 where there are none
	isKeyed   bool              // no id can be in payments twice
	isExact   bool              // nor is one taken for another
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
		if err := s.checkTable(table.name, table.columns, &about); err != nil {
			return err
		}
	}
	packet, err := strconv.Atoi(about.variables["max_allowed_packet"])
	switch {
	case err == nil && packet < leastPacket && s.writers != nil:
		return s.configError(fmt.Errorf("max_allowed_packet is %d: a large message would not fit into quarantine", packet),
			"SET GLOBAL max_allowed_packet = 16777216, and the same in its option file")
	case !about.isKeyed:
		return s.configError(errors.New("payments has no unique key of transaction_id alone, so one could be written twice"),
			"ALTER TABLE payments ADD UNIQUE KEY (transaction_id), and no partitions by another column")
	case !about.isExact:
		return s.configError(errors.New("payments.transaction_id does not compare byte for byte: ids that differ by case would be one"),
			"ALTER TABLE payments MODIFY transaction_id varchar(64) CHARACTER SET ascii COLLATE ascii_bin NOT NULL")
	}
	return nil
}

// checkTable looks for a table with these columns. One that this user has no
// right to cannot be told from one that is not there.
func (s *Store) checkTable(name, columns string, a *about) error {
	engine := a.engines[name]
	switch {
	case engine == "":
		return s.configError(fmt.Errorf("table %s is missing, or this user has no right to it", name), rightsTip+"; or restore the database from a backup")
	case !strings.EqualFold(engine, "InnoDB"):
		return s.configError(fmt.Errorf("table %s is kept by %s, which has no transactions", name, engine),
			fmt.Sprintf("ALTER TABLE %s ENGINE = InnoDB", name))
	}
	for column := range strings.SplitSeq(columns, ",") {
		if column = strings.TrimSpace(column); a.columns[name+"."+column] == "" {
			return s.configError(fmt.Errorf("table %s has no column %s", name, column), "restore the database from a backup, or give another one")
		}
	}
	return nil
}

// Notes says what the server is set to that may lose commits when its machine
// loses power: no connection can set that for itself.
func (s *Store) Notes(ctx context.Context) ([]string, error) {
	about, err := s.look(ctx)
	if err != nil {
		return nil, err
	}
	var notes []string
	v := about.variables
	if flush := v["innodb_flush_log_at_trx_commit"]; flush != "1" {
		notes = append(notes, "innodb_flush_log_at_trx_commit is "+flush+": a power loss may take the last second of commits; set it to 1")
	}
	if v["log_bin"] == "ON" && v["sync_binlog"] != "1" {
		notes = append(notes, "sync_binlog is "+v["sync_binlog"]+": a power loss may take the last commits; set it to 1")
	}
	return notes, nil
}

// look asks what there is, and refuses a database that this program must not
// touch.
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
	var a about
	var err error
	a.variables, err = pairs(ctx, c, `SHOW VARIABLES WHERE Variable_name IN
		('version', 'max_allowed_packet', 'log_bin', 'binlog_format', 'innodb_flush_log_at_trx_commit', 'sync_binlog')`)
	if err != nil {
		return a, err
	}
	a.engines, err = pairs(ctx, c, "SELECT TABLE_NAME, COALESCE(ENGINE, 'a view') FROM information_schema.TABLES WHERE TABLE_SCHEMA = DATABASE()")
	if err != nil {
		return a, err
	}
	a.columns, err = pairs(ctx, c, "SELECT CONCAT(TABLE_NAME, '.', COLUMN_NAME), TABLE_NAME FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE()")
	if err != nil {
		return a, err
	}
	err = c.QueryRowContext(ctx, `SELECT
		EXISTS (SELECT INDEX_NAME FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'payments' AND NON_UNIQUE = 0
			GROUP BY INDEX_NAME HAVING count(*) = 1 AND max(COLUMN_NAME) = 'transaction_id' AND max(SUB_PART) IS NULL),
		EXISTS (SELECT 1 FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = DATABASE() AND TABLE_NAME = 'payments'
			AND COLUMN_NAME = 'transaction_id' AND COLLATION_NAME LIKE '%bin')`).Scan(&a.isKeyed, &a.isExact)
	if err != nil {
		return a, err
	}
	// Tables that this user has no right to are not listed.
	err = c.QueryRowContext(ctx, "SELECT COALESCE(MAX(version_id), 0) FROM "+versions+" WHERE is_applied").Scan(&a.version)
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok && e.Number == erNoSuchTable {
		err = nil
	}
	return a, err
}

// pairs reads rows of two texts.
func pairs(ctx context.Context, c *conn, text string) (map[string]string, error) {
	rows, err := c.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer func() { _ = rows.Close() }()
	all := map[string]string{}
	for rows.Next() {
		var name, value string
		if err := rows.Scan(&name, &value); err != nil {
			return nil, err
		}
		all[name] = value
	}
	return all, rows.Err()
}

func (s *Store) refuse(a *about) error {
	version := a.variables["version"]
	number, isMariaDB := parseVersion(version)
	switch {
	case isMariaDB && number < oldestMariaDB, !isMariaDB && number < oldestMySQL:
		return s.configError(fmt.Errorf("the server is of version %s, this program wants MySQL 8.0.16, MariaDB 10.5 or newer", version),
			"upgrade the server, or give another one")
	case a.variables["log_bin"] == "ON" && a.variables["binlog_format"] == "STATEMENT" && s.writers != nil:
		return s.configError(errors.New("the server replicates statements (binlog_format), which InnoDB refuses at READ COMMITTED"),
			"SET GLOBAL binlog_format = ROW, and the same in its option file")
	case a.version > latest():
		return s.configError(fmt.Errorf("database was made by a newer recibo (schema %d, this program knows %d)", a.version, latest()),
			"use the newer recibo, or give another database")
	}
	if a.engines[versions] != "" {
		return nil
	}
	for _, table := range tables {
		if a.engines[table.name] != "" {
			return s.configError(fmt.Errorf("another program's table %s is there", table.name), "give another database")
		}
	}
	return nil
}

// parseVersion reads 8.0.36-log or 10.11.19-MariaDB-0+deb12u1 as 80036, 101119.
func parseVersion(text string) (number int, isMariaDB bool) {
	digits, _, _ := strings.Cut(text, "-")
	for _, part := range strings.SplitN(digits+".0.0", ".", 4)[:3] {
		n, _ := strconv.Atoi(part)
		number = number*100 + n
	}
	return number, strings.Contains(text, "MariaDB")
}

// rightsError is err, or what to do about rights that are missing: they do not
// come by waiting.
func (s *Store) rightsError(err error, tip string) error {
	if e, ok := errors.AsType[*mysql.MySQLError](err); ok {
		switch e.Number {
		case erDBAccessDenied, erTableAccessDenied, erColumnAccessDenied, erSpecificAccess:
			return s.configError(explain(err), tip)
		}
	}
	return err
}
