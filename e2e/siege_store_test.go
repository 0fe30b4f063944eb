package e2e_test

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// The faults of this file are what administrators and other programs do to a
// database. Recording has to stop, not to go wrong; what is held for one of them
// is a good event quarantined.

// exec runs statements as the administrator, one after the other.
func (s *siege) exec(statements ...string) {
	s.t.Helper()
	for _, statement := range statements {
		if _, err := s.store.admin.ExecContext(s.t.Context(), statement); err != nil {
			s.t.Fatalf("%s: %v", statement, err)
		}
	}
}

// alone is a session of the administrator's that stays open until the returned
// function is called.
func (s *siege) alone(statements ...string) (end func(...string)) {
	s.t.Helper()
	c, err := s.store.admin.Conn(s.t.Context())
	if err != nil {
		s.t.Fatal(err)
	}
	do := func(statements []string) {
		for _, statement := range statements {
			if _, err := c.ExecContext(s.t.Context(), statement); err != nil {
				s.t.Fatalf("%s: %v", statement, err)
			}
		}
	}
	do(statements)
	return func(last ...string) {
		do(last)
		_ = c.Close()
	}
}

// lockFile keeps everybody from writing to SQLite's file.
func (s *siege) lockFile() {
	end := s.alone("BEGIN EXCLUSIVE")
	s.stops("the lock")
	s.pause()
	end("ROLLBACK")
}

// renameTable takes away the table of payments, or one of the books.
func (s *siege) renameTable() {
	table := []string{"payments", "tally", "writers"}[s.random.IntN(3)]
	s.exec("ALTER TABLE " + table + " RENAME TO taken_away")
	s.stops("the missing table " + table)
	s.pause()
	s.exec("ALTER TABLE taken_away RENAME TO " + table)
}

// renameCollection does the same with a collection of MongoDB's. SecantusDB
// answers no update of the collection writers any more after that.
func (s *siege) renameCollection() {
	name := []string{"payments", "tally"}[s.random.IntN(2)]
	rename := func(from, to string) {
		database := s.store.mongo.Name() + "."
		command := bson.D{{Key: "renameCollection", Value: database + from}, {Key: "to", Value: database + to}}
		s.await(recoverWithin, "a collection to be renamed", func() bool { // it may be in use
			return s.store.mongo.Client().Database("admin").RunCommand(s.t.Context(), command).Err() == nil
		})
	}
	rename(name, "taken_away")
	s.stops("the missing collection " + name)
	s.pause()
	rename("taken_away", name)
}

// dropColumn takes a column away and brings it back with what was in it.
func (s *siege) dropColumn() {
	column := `ALTER TABLE payments ADD COLUMN entry_id text COLLATE "C"`
	if s.result.Store == "mysql" {
		column = "ALTER TABLE payments ADD COLUMN entry_id text AFTER position"
	}
	s.exec("CREATE TABLE kept AS SELECT transaction_id, entry_id FROM payments WHERE entry_id IS NOT NULL",
		"ALTER TABLE payments DROP COLUMN entry_id")
	s.stops("the missing column")
	s.pause()
	s.exec(column, "UPDATE payments SET entry_id = (SELECT entry_id FROM kept WHERE kept.transaction_id = payments.transaction_id) "+
		"WHERE transaction_id IN (SELECT transaction_id FROM kept)", "DROP TABLE kept")
}

// partition makes payments a partitioned table, while it is empty.
func (s *siege) partition() {
	s.exec("CREATE TABLE p (LIKE payments INCLUDING ALL) PARTITION BY HASH (transaction_id)", "DROP TABLE payments",
		"ALTER TABLE p RENAME TO payments", "ALTER TABLE payments RENAME CONSTRAINT p_pkey TO payments_pkey",
		fmt.Sprintf("ALTER TABLE payments OWNER TO %q", s.store.account))
	for i := range partitions {
		s.exec(fmt.Sprintf("CREATE TABLE payments_%d PARTITION OF payments FOR VALUES WITH (MODULUS %d, REMAINDER %d)", i, partitions, i))
	}
}

const partitions = 3

// detachPartition takes a third of the payments away, and the place of those to
// come.
func (s *siege) detachPartition() {
	i := s.random.IntN(partitions)
	s.exec(fmt.Sprintf("ALTER TABLE payments DETACH PARTITION payments_%d", i))
	s.stops("the missing partition")
	s.pause()
	s.exec(fmt.Sprintf("ALTER TABLE payments ATTACH PARTITION payments_%d FOR VALUES WITH (MODULUS %d, REMAINDER %d)", i, partitions, i))
}

// takeConnections leaves no connection to recibo.
func (s *siege) takeConnections() {
	db := s.store.login()
	defer db.Close()
	var held []*sql.Conn
	take := func() {
		for range 100 {
			ctx, cancel := context.WithTimeout(s.t.Context(), 2*time.Second)
			c, err := db.Conn(ctx)
			cancel()
			if err != nil {
				return
			}
			held = append(held, c)
		}
	}
	take()
	for s.store.proxy.Connections() > 0 { // until all that recibo had is ours
		s.store.proxy.Drop()
		time.Sleep(50 * time.Millisecond)
		take()
	}
	s.stops("too many connections")
	s.pause()
	for _, c := range held {
		_ = c.Close()
	}
}

// timeOutOnPostgres gives recibo's account a limit of time while somebody else
// holds the table that it writes to.
func (s *siege) timeOutOnPostgres() {
	again := fmt.Sprintf("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'", s.store.account)
	s.exec(fmt.Sprintf("ALTER ROLE %q SET statement_timeout = '50ms'", s.store.account), again)
	end := s.alone("BEGIN", "LOCK TABLE payments")
	s.stops("the statement timeout")
	s.pause()
	end("ROLLBACK")
	s.exec(fmt.Sprintf("ALTER ROLE %q RESET statement_timeout", s.store.account), again)
}

// timeOutOnMySQL does the same with MariaDB's limit, which new sessions take
// over.
func (s *siege) timeOutOnMySQL() {
	again := fmt.Sprintf("KILL USER `%s`", s.store.account)
	s.exec("SET GLOBAL max_statement_time = 0.05", again)
	end := s.alone("SET max_statement_time = 0", "LOCK TABLES payments WRITE")
	s.stops("the statement timeout")
	s.pause()
	end("UNLOCK TABLES")
	s.exec("SET GLOBAL max_statement_time = 0", again)
}

// booksAgree holds the tables against each other while payments flow: one
// statement sees one moment. A store without SQL is asked in the end only.
func (s *siege) booksAgree(after string) {
	s.t.Helper()
	if s.store.admin == nil {
		return
	}
	var wrong [6]int64
	s.await(recoverWithin, "an answer about the books after "+after, func() bool { // connections from before fail once
		row := s.store.admin.QueryRowContext(s.t.Context(), "SELECT "+strings.Join(books, ", "))
		return row.Scan(&wrong[0], &wrong[1], &wrong[2], &wrong[3], &wrong[4], &wrong[5]) == nil
	})
	if wrong != [6]int64{} {
		s.fail("the books after %s: %v, want 0 each of %q", after, wrong, books)
	}
}

var books = []string{
	// I1: every delivery has one fate, and is counted once.
	"(SELECT count(*) FROM payments) - (SELECT " + whole("sum(count)") + " FROM tally WHERE fate = 'recorded')",
	"(SELECT " + whole("sum(seen)") + " FROM quarantine) - (SELECT " + whole("sum(count)") + " FROM tally WHERE fate = 'quarantined')",
	// I2: an id is recorded once.
	"(SELECT count(*) - count(DISTINCT transaction_id) FROM payments)",
	// I6: the history of an entry ends where the entry stands.
	// Joined, not looked up entry by entry: a server that was just killed has no
	// statistics, and took minutes for 200,000 entries.
	"(SELECT count(*) FROM quarantine q LEFT JOIN (SELECT entry_id, max(line) AS line FROM quarantine_history GROUP BY entry_id) l ON l.entry_id = q.id" +
		" LEFT JOIN quarantine_history h ON h.line = l.line WHERE h.line IS NULL OR h.to_state <> q.state OR h.attempt <> q.attempt)",
	// I5: what outages there were are over, each after it began.
	"(SELECT count(*) FROM outages WHERE ended_at IS NULL)",
	"(SELECT count(*) FROM outages WHERE ended_at < began_at)",
}

// whole makes a sum of nothing 0, and an integer of what a database makes of
// sums.
func whole(sum string) string { return "CAST(coalesce(" + sum + ", 0) AS DECIMAL(18, 0))" }
