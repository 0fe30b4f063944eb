package mysql_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// TestServerOfOldHabits has a server and a database as they were made twenty
// years ago, in another time zone and another language.
func TestServerOfOldHabits(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t, testserver.Setting("sql_mode", ""), testserver.Setting("character_set_server", "latin1"),
		testserver.Setting("collation_server", "latin1_swedish_ci"), testserver.Setting("default_time_zone", "-03:00"),
		testserver.Setting("lc_messages", "pt_BR"), testserver.Setting("autocommit", "0"), testserver.Setting("transaction_isolation", "SERIALIZABLE"),
		testserver.Setting("completion_type", "RELEASE"), testserver.Setting("transaction_read_only", "1"), testserver.Setting("default_storage_engine", "MyISAM"),
		testserver.Setting("skip_character_set_client_handshake", "1"))
	server.SQL(t, "", "SET GLOBAL tx_read_only = 0; SET tx_read_only = 0; CREATE DATABASE pay CHARACTER SET latin1; SET GLOBAL tx_read_only = 1")
	s := migrated(t, server.URL("root", "pay"), mysql.Options{})
	if err := s.Check(t.Context()); err != nil {
		t.Fatal(err)
	}
	for i, id := range []string{"E60701190ABC", "E60701190AbC", "e60701190abc"} { // ids that differ by case are three payments
		p := newPayment(id, int64(15075+i))
		p.PayerAccount = "漢字 ŝ \U0001f4b6"
		if err := s.Update(t.Context(), counted(int64(i+1), of(p, p.Amount))); err != nil {
			t.Fatal(err)
		}
		wantPayments(t, s, i+1)
	}
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Account: "漢字 ŝ \U0001f4b6", Order: store.ByID})
	if err != nil || len(page.Items) != 3 || page.Items[1].Amount.Minor != 15076 || page.Items[0].OccurredAt != day {
		t.Errorf("%+v, error %v", page.Items, err)
	}
	got := server.SQL(t, "pay", "SELECT transaction_id, amount, occurred_at FROM payments ORDER BY transaction_id")
	if want := "E60701190ABC\t150.75\t2026-11-23 14:15:03.123\nE60701190AbC\t150.76\t2026-11-23 14:15:03.123\ne60701190abc\t150.77\t2026-11-23 14:15:03.123"; got != want {
		t.Errorf("with the mariadb client:\n%s\nwant:\n%s", got, want)
	}
	server.SQL(t, "pay", "SET tx_read_only = 0; SET autocommit = 1; CREATE UNIQUE INDEX one_amount ON payments (amount)")
	wantClass(t, s.Update(t.Context(), recording(newPayment("z", 15075))), store.ClassData, "Duplicate entry for key 'one_amount'")
	server.SQL(t, "pay", "SET tx_read_only = 0; SET autocommit = 1; ALTER TABLE payments MODIFY method varchar(2) NOT NULL")
	wantClass(t, s.Update(t.Context(), recording(newPayment("z", 1))), store.ClassData, "Data too long for column 'method'")
}

// TestSession looks at what a connection is set to.
func TestSession(t *testing.T) {
	server := testserver.MariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	for query, want := range map[string]string{
		"SELECT CONCAT_WS(' ', @@time_zone, @@autocommit, @@tx_isolation, @@tx_read_only, @@character_set_client, @@collation_connection)": "+00:00 ON READ-COMMITTED OFF utf8mb4 utf8mb4_bin",
		"SELECT CONCAT_WS(' ', @@innodb_lock_wait_timeout, @@lock_wait_timeout, @@idle_transaction_timeout, @@wait_timeout)":               "10 10 60 28800",
		"SELECT @@sql_mode LIKE '%STRICT_ALL_TABLES%'": "1",
	} {
		if got := mysql.Question(t, s, query); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got := mysql.ReaderQuestion(t, s, "SELECT CONCAT_WS(' ', @@tx_isolation, @@tx_read_only)"); got != "REPEATABLE-READ ON" {
		t.Errorf("a reader is set to %q", got)
	}
}

// TestSettingsOfTheServerStay where they are stricter.
func TestSettingsOfTheServerStay(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t, testserver.Setting("innodb_lock_wait_timeout", "3"), testserver.Setting("idle_transaction_timeout", "7"))
	s := open(t, server.URL("root", server.Database(t)), mysql.Options{})
	if got := mysql.Question(t, s, "SELECT CONCAT_WS(' ', @@innodb_lock_wait_timeout, @@idle_transaction_timeout)"); got != "3 7" {
		t.Errorf("settings %q", got)
	}
}

// TestIsolation has a payment written by another transaction while one runs.
func TestIsolation(t *testing.T) {
	_, _, _, address := asRecorder(t)
	s := open(t, address, mysql.Options{})
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Claim(ctx, store.Writer{ID: "w", StartedAt: day, SeenAt: day, Seq: 1}); err != nil {
			return err
		}
		if err := s.Update(ctx, recording(newPayment("a", 1))); err != nil {
			return err
		}
		outcomes, err := tx.Record(ctx, []store.Payment{newPayment("a", 2)})
		if err == nil && outcomes[0].Kind != store.Conflict {
			t.Errorf("outcome %+v, want a conflict", outcomes[0])
		}
		return err
	})
	if err != nil {
		t.Error(err)
	}
}

// TestBinlogOfStatements is what InnoDB refuses to write at READ COMMITTED.
func TestBinlogOfStatements(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t, testserver.Setting("log_bin", "binlog"), testserver.Setting("binlog_format", "ROW"),
		testserver.Setting("server_id", "1"), testserver.Setting("innodb_flush_log_at_trx_commit", "2"))
	database := server.Database(t)
	s := migrated(t, server.URL("root", database), mysql.Options{})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatalf("with rows: %v", err)
	}
	notes, err := s.Notes(t.Context())
	if text := strings.Join(notes, "\n"); err != nil || len(notes) != 2 || !strings.Contains(text, "innodb_flush_log_at_trx_commit is 2") || !strings.Contains(text, "sync_binlog is 0") {
		t.Errorf("notes %q, error %v", notes, err)
	}
	server.SQL(t, "", "SET GLOBAL binlog_format = STATEMENT")
	s = open(t, server.URL("root", database), mysql.Options{})
	wantConfig(t, s.Check(t.Context()), "the server replicates statements (binlog_format)", "SET GLOBAL binlog_format = ROW")
	wantClass(t, s.Update(t.Context(), recording(newPayment("b", 1))), store.ClassOutage, "(error 1665)")
	server.SQL(t, "", "SET GLOBAL binlog_format = ROW")
	if err := s.Update(t.Context(), recording(newPayment("b", 1))); err != nil {
		t.Errorf("with rows again: %v", err)
	}
}

// TestDurable has nothing to note.
func TestDurable(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	if notes, err := s.Notes(t.Context()); err != nil || len(notes) != 0 {
		t.Errorf("notes %q, error %v", notes, err)
	}
}

// TestShuttingDown has a server wait for nobody, and come back.
func TestShuttingDown(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t)
	s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)}); err != nil {
			return err
		}
		server.Restart(t)
		_, err := tx.Record(ctx, []store.Payment{newPayment("b", 1)})
		return err
	})
	wantClass(t, err, store.ClassOutage, "record 1 payments: ")
	began := time.Now()
	if err := store.Retry(t.Context(), s, recording(newPayment("a", 1))); err != nil || time.Since(began) > found {
		t.Errorf("after %v: %v", time.Since(began), err)
	}
	wantPayments(t, s, 1)
}
