package mysql_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// asRecorder is a migrated database, and its address for a user with no more
// than a recorder's rights.
func asRecorder(t *testing.T) (server *testserver.MariaDBServer, user, database, address string) {
	t.Helper()
	server = testserver.MariaDB(t)
	user = server.User(t, "recorder")
	database = server.Database(t)
	migrated(t, server.URL("root", database), mysql.Options{})
	server.SQL(t, database, mysql.Grants(user))
	return server, user, database, server.URL(user, database)
}

// TestDeadlock has two transactions take two rows in opposite orders, which
// the recorder never does.
func TestDeadlock(t *testing.T) {
	_, _, _, address := asRecorder(t)
	s := open(t, address, mysql.Options{Writers: 2})
	var both, done sync.WaitGroup
	both.Add(2)
	errs := make(chan error, 2)
	for _, ids := range [][]string{{"a", "b"}, {"b", "a"}} {
		done.Go(func() {
			errs <- s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
				_, err := tx.Record(ctx, []store.Payment{newPayment(ids[0], 1)})
				both.Done()
				both.Wait()
				if err == nil {
					_, err = tx.Record(ctx, []store.Payment{newPayment(ids[1], 1)})
				}
				return err
			})
		})
	}
	done.Wait()
	one, two := <-errs, <-errs
	if one == nil {
		one, two = two, one
	}
	wantClass(t, one, store.ClassTransient, "Deadlock found when trying to get lock")
	if two != nil {
		t.Errorf("the other one: %v", two)
	}
	wantPayments(t, s, 2)
}

// TestLimitsOfTheServer are those of its global settings, which count for
// connections that are made later.
func TestLimitsOfTheServer(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		setting, value string
		class          store.Class
		words          string
	}{
		{"innodb_lock_wait_timeout", "1", store.ClassTransient, "record 1 payments: Lock wait timeout exceeded; try restarting transaction (error 1205)"},
		{"max_statement_time", "0.5", store.ClassTooSlow, "(error 1969)"},
	} {
		t.Run(c.setting, func(t *testing.T) {
			t.Parallel()
			server := testserver.NewMariaDB(t, testserver.Setting(c.setting, c.value))
			address := server.URL("root", server.Database(t))
			s := migrated(t, address, mysql.Options{})
			other := raw(t, address)
			rawExec(t, other, "BEGIN; INSERT INTO payments VALUES ('b', '1', 'BRL', '', '', now(), '', '', '', '', '', '', '', now(), DEFAULT)")
			for seq := range int64(2) {
				err := s.Update(t.Context(), counted(1, newPayment("b", 1)))
				wantClass(t, err, c.class, c.words)
				if landed(t, s, 1) {
					t.Errorf("attempt %d: the claim stands, though the record failed", seq)
				}
			}
			rawExec(t, other, "ROLLBACK")
			if err := s.Update(t.Context(), counted(1, newPayment("b", 1))); err != nil {
				t.Errorf("after the lock: %v", err)
			}
		})
	}
}

func TestTooManyConnections(t *testing.T) {
	server, user, database, address := asRecorder(t)
	server.SQL(t, database, "GRANT USAGE ON *.* TO `"+user+"` WITH MAX_USER_CONNECTIONS 1")
	s := open(t, address, mysql.Options{Writers: 2})
	err := s.Update(t.Context(), func(context.Context, store.Tx) error {
		return s.Update(t.Context(), recording(newPayment("a", 1)))
	})
	wantClass(t, err, store.ClassOutage, "connect: User '"+user+"' has exceeded the 'max_user_connections' resource")
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("with one connection: %v", err)
	}
}

// TestNoConnectionLeft is 1040.
func TestNoConnectionLeft(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t, testserver.Setting("max_connections", "10"))
	database := server.Database(t)
	s := migrated(t, server.URL("root", database), mysql.Options{})
	user := server.User(t, "crowd")
	server.SQL(t, database, "GRANT SELECT ON `"+database+"`.* TO `"+user+"`")
	_ = s.Close()
	for range 10 {
		raw(t, server.URL(user, database))
	}
	_, err := mysql.Open(t.Context(), server.URL(user, database), mysql.Options{})
	wantClass(t, err, store.ClassOutage, "connect: Too many connections (error 1040)")
}

func TestRightsTakenAway(t *testing.T) {
	server, user, database, address := asRecorder(t)
	s := open(t, address, mysql.Options{})
	server.SQL(t, database, "REVOKE INSERT ON payments FROM `"+user+"`")
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "INSERT command denied to user")
	server.SQL(t, database, "GRANT INSERT ON payments TO `"+user+"`")
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("with the right back: %v", err)
	}
}

// TestPasswordChanged is an outage once the program runs.
func TestPasswordChanged(t *testing.T) {
	server, user, database, address := asRecorder(t)
	s := open(t, address, mysql.Options{})
	server.SQL(t, database, "SET PASSWORD FOR `"+user+"` = PASSWORD('other')")
	killAll(t, server, "USER = '"+user+"'")
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "connect: Access denied for user")
	server.SQL(t, database, "SET PASSWORD FOR `"+user+"` = PASSWORD('"+testserver.Password+"')")
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("with the password back: %v", err)
	}
}

// TestTurnedReadOnly is what a failover looks like: to a user who may not write
// then, and to one who may all the same.
func TestTurnedReadOnly(t *testing.T) {
	t.Parallel()
	server := testserver.NewMariaDB(t)
	database := server.Database(t)
	asRoot := migrated(t, server.URL("root", database), mysql.Options{})
	user := server.User(t, "recorder")
	server.SQL(t, database, mysql.Grants(user))
	s := open(t, server.URL(user, database), mysql.Options{})
	const id = "SELECT CONNECTION_ID()"
	reader := mysql.ReaderQuestion(t, s, id)
	server.SQL(t, "", "SET GLOBAL read_only = 1")
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "--read-only option so it cannot execute this statement (error 1290)")
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "connect: the server is read only")
	if again := mysql.ReaderQuestion(t, s, id); again == reader {
		t.Error("a reader stayed on its connection: another server may be the right one now")
	}
	killAll(t, server, "USER = 'root'")
	wantClass(t, asRoot.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "connect: the server is read only")
	if err := asRoot.Check(t.Context()); err == nil || !strings.Contains(err.Error(), "read only") {
		t.Errorf("check: %v", err)
	}
	server.SQL(t, "", "SET GLOBAL read_only = 0")
	for _, s := range []*mysql.Store{s, asRoot} {
		if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
			t.Errorf("once it may be written: %v", err)
		}
	}
}

// TestSeveralHosts goes to the one that takes writes, and follows when that
// changes.
func TestSeveralHosts(t *testing.T) {
	t.Parallel()
	one, two := testserver.NewMariaDB(t), testserver.NewMariaDB(t)
	for _, server := range []*testserver.MariaDBServer{one, two} {
		server.SQL(t, "", "CREATE DATABASE pay")
		migrated(t, server.URL("root", "pay"), mysql.Options{})
	}
	one.SQL(t, "", "SET GLOBAL read_only = 1")
	address := strings.Replace(one.URL("root", "pay"), one.Addr(), "127.0.0.1:1,"+one.Addr()+","+two.Addr(), 1)
	s := open(t, address, mysql.Options{})
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	two.Kill(t)
	one.SQL(t, "", "SET GLOBAL read_only = 0")
	if err := store.Retry(t.Context(), s, recording(newPayment("b", 1))); err != nil {
		t.Fatal(err)
	}
	two.Start(t)
	for server, want := range map[*testserver.MariaDBServer]string{one: "b", two: "a"} {
		if got := server.SQL(t, "pay", "SELECT transaction_id FROM payments"); got != want {
			t.Errorf("payments %q, want %q", got, want)
		}
	}
}

// TestKilled is a session that somebody ends in the middle, and a statement.
func TestKilled(t *testing.T) {
	server, user, database, address := asRecorder(t)
	s := open(t, address, mysql.Options{})
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Claim(ctx, store.Writer{ID: "w", StartedAt: day, SeenAt: day, Seq: 1}); err != nil {
			return err
		}
		killAll(t, server, "USER = '"+user+"'")
		_, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)})
		return err
	})
	wantClass(t, err, store.ClassOutage, "record 1 payments: ")
	other := raw(t, server.URL("root", database))
	rawExec(t, other, "BEGIN; INSERT INTO writers VALUES ('w', '', '', '', now(), now(), 1)")
	go func() {
		for range 100 {
			time.Sleep(50 * time.Millisecond)
			_ = server.TrySQL("", "KILL QUERY ID "+server.SQL(t, "", "SELECT COALESCE(MAX(QUERY_ID), 0) FROM information_schema.processlist WHERE USER = '"+user+"' AND COMMAND = 'Query'"))
			if t.Context().Err() != nil {
				return
			}
		}
	}()
	wantClass(t, s.Update(t.Context(), counted(1)), store.ClassTooSlow, "Query execution was interrupted (error 1317)")
}
