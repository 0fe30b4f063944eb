package postgres_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/postgres"
)

// asRecorder is a migrated database, and its address for a recorder's role
// with these settings.
func asRecorder(t *testing.T, settings ...string) (server *testserver.PostgresServer, role, database, address string) {
	t.Helper()
	server = testserver.Postgres(t)
	role = newRole(t, server, "recorder")
	database = server.Database(t)
	migrated(t, server.URL("postgres", database), postgres.Options{})
	server.SQL(t, database, postgres.Grants(role))
	for _, setting := range settings {
		server.SQL(t, database, "ALTER ROLE "+role+" "+setting)
	}
	return server, role, database, server.URL(role, database)
}

// TestDeadlock has two transactions take two rows in opposite orders, which
// the recorder never does.
func TestDeadlock(t *testing.T) {
	_, _, _, address := asRecorder(t)
	s := open(t, address, postgres.Options{Writers: 2})
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
	wantClass(t, one, store.ClassTransient, "deadlock detected")
	if two != nil {
		t.Errorf("the other one: %v", two)
	}
	wantPayments(t, s, 2)
}

// TestSerialization has a row move to another partition under an update.
func TestSerialization(t *testing.T) {
	server := testserver.Postgres(t)
	database := server.Database(t)
	address := server.URL("postgres", database)
	s := migrated(t, address, postgres.Options{})
	server.SQL(t, database, `DROP TABLE writers; CREATE TABLE writers (writer text, seen_at timestamptz, seq bigint) PARTITION BY RANGE (seq);
		CREATE TABLE writers_0 PARTITION OF writers FOR VALUES FROM (0) TO (100); CREATE TABLE writers_1 PARTITION OF writers FOR VALUES FROM (100) TO (200);
		INSERT INTO writers VALUES ('w', now(), 1)`)
	other := raw(t, address)
	rawExec(t, other, "BEGIN; UPDATE writers SET seq = 100")
	moved := make(chan struct{})
	go func() {
		defer close(moved)
		awaitLock(t, server, database)
		_, _ = other.Exec(context.Background(), "COMMIT")
	}()
	err := s.Update(t.Context(), counted(2))
	<-moved
	wantClass(t, err, store.ClassTransient, "claim number 2: tuple to be locked was already moved")
}

// awaitLock waits until a session of the database waits for a lock.
func awaitLock(t *testing.T, server *testserver.PostgresServer, database string) {
	for range 200 {
		if server.SQL(t, database, "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()") != "0" {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Error("nobody waits for a lock")
}

// TestLimitsOfTheServer are met by a role with limits of its own.
func TestLimitsOfTheServer(t *testing.T) {
	for _, c := range []struct {
		setting string
		class   store.Class
		words   string
	}{
		{"SET lock_timeout = '50ms'", store.ClassOutage, "record 1 payments: canceling statement due to lock timeout (SQLSTATE 55P03)"},
		{"SET statement_timeout = '50ms'", store.ClassTooSlow, "record 1 payments: canceling statement due to statement timeout (SQLSTATE 57014)"},
	} {
		t.Run(c.setting, func(t *testing.T) {
			server, _, database, address := asRecorder(t, c.setting)
			s := open(t, address, postgres.Options{})
			if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
				t.Fatal(err)
			}
			other := raw(t, server.URL("postgres", database))
			rawExec(t, other, "BEGIN; LOCK TABLE payments")
			for range 2 {
				wantClass(t, s.Update(t.Context(), recording(newPayment("b", 1))), c.class, c.words)
			}
			rawExec(t, other, "ROLLBACK")
			if err := s.Update(t.Context(), recording(newPayment("b", 1))); err != nil {
				t.Errorf("after the lock: %v", err)
			}
		})
	}
}

func TestTooManyConnections(t *testing.T) {
	_, _, _, address := asRecorder(t, "CONNECTION LIMIT 1")
	s := open(t, address, postgres.Options{Writers: 2})
	err := s.Update(t.Context(), func(context.Context, store.Tx) error {
		return s.Update(t.Context(), recording(newPayment("a", 1)))
	})
	wantClass(t, err, store.ClassOutage, "connect: too many connections for role")
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("with one connection: %v", err)
	}
}

func TestRightsTakenAway(t *testing.T) {
	server, role, database, address := asRecorder(t)
	s := open(t, address, postgres.Options{})
	server.SQL(t, database, "REVOKE INSERT ON payments FROM "+role)
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "permission denied for table payments (SQLSTATE 42501)")
	server.SQL(t, database, "GRANT INSERT ON payments TO "+role)
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("with the right back: %v", err)
	}
}

// TestPasswordChanged is an outage once the program runs.
func TestPasswordChanged(t *testing.T) {
	server, role, database, address := asRecorder(t)
	s := open(t, address, postgres.Options{})
	server.SQL(t, database, fmt.Sprintf("ALTER ROLE %s PASSWORD 'other'; %s", role, terminate(role)))
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "connect: password authentication failed for user")
	server.SQL(t, database, fmt.Sprintf("ALTER ROLE %s PASSWORD '%s'", role, testserver.Password))
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("with the password back: %v", err)
	}
}

// terminate is SQL that ends all sessions of a user.
func terminate(user string) string {
	return fmt.Sprintf("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '%s'", user)
}

// TestTurnedReadOnly is what a full disk or a failover looks like at some
// providers.
func TestTurnedReadOnly(t *testing.T) {
	server, role, database, address := asRecorder(t)
	s := open(t, address, postgres.Options{})
	server.SQL(t, database, fmt.Sprintf("ALTER ROLE %s SET default_transaction_read_only = on; %s", role, terminate(role)))
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "cannot execute INSERT in a read-only transaction (SQLSTATE 25006)")
	server.SQL(t, database, fmt.Sprintf("ALTER ROLE %s RESET default_transaction_read_only", role))
	// The error made the store connect anew, or this would not pass.
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("once it may be written: %v", err)
	}
}

// TestReadersFollow has a write find out that this server takes none any more.
// Readers must not stay with it: another may be the primary now.
func TestReadersFollow(t *testing.T) {
	server, role, database, address := asRecorder(t)
	s := open(t, address, postgres.Options{})
	const pid = "SELECT pg_backend_pid()"
	writer, reader := postgres.Question(t, s, pid), postgres.ReaderQuestion(t, s, pid)
	if again := postgres.ReaderQuestion(t, s, pid); again != reader {
		t.Fatalf("readers are not kept: %s, then %s", reader, again)
	}
	server.SQL(t, database, fmt.Sprintf("ALTER ROLE %s SET default_transaction_read_only = on; SELECT pg_terminate_backend(%s)", role, writer))
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "(SQLSTATE 25006)")
	if again := postgres.ReaderQuestion(t, s, pid); again == reader {
		t.Error("a reader stayed on its connection")
	}
}

// TestSession looks at what a connection is set to, against a role's own.
func TestSession(t *testing.T) {
	_, _, _, address := asRecorder(t, "SET synchronous_commit = off", "SET TimeZone = 'America/Sao_Paulo'", "SET client_encoding = 'LATIN1'",
		"SET default_transaction_isolation = 'serializable'")
	s := open(t, address, postgres.Options{})
	p := newPayment("a", 1)
	p.PayerAccount = "漢字 ŝ"
	if err := s.Update(t.Context(), recording(p)); err != nil {
		t.Fatal(err)
	}
	page, err := s.Reader().Payments(t.Context(), store.PaymentQuery{})
	if err != nil || page.Items[0].PayerAccount != p.PayerAccount || page.Items[0].OccurredAt.Location() != time.UTC {
		t.Errorf("%+v, error %v", page.Items, err)
	}
	got := settings(t, s, "synchronous_commit", "TimeZone", "client_encoding", "application_name",
		"idle_in_transaction_session_timeout", "tcp_keepalives_idle", "tcp_keepalives_interval", "tcp_keepalives_count")
	if want := "on UTC UTF8 recibo 1min 30 10 3"; strings.Join(got, " ") != want {
		t.Errorf("settings %q, want %q", got, want)
	}
}

// TestIsolationOfTheRole has a payment written by another transaction while one
// runs whose role sees only what was there when it began.
func TestIsolationOfTheRole(t *testing.T) {
	_, _, _, address := asRecorder(t, "SET default_transaction_isolation = 'repeatable read'")
	s := open(t, address, postgres.Options{})
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

// TestSettingsOfTheRoleStay where they are as safe or safer.
func TestSettingsOfTheRoleStay(t *testing.T) {
	_, _, _, address := asRecorder(t, "SET synchronous_commit = remote_apply", "SET idle_in_transaction_session_timeout = '7s'")
	s := open(t, with(address, "application_name", "mine"), postgres.Options{})
	got := settings(t, s, "synchronous_commit", "idle_in_transaction_session_timeout", "application_name")
	if want := "remote_apply 7s mine"; strings.Join(got, " ") != want {
		t.Errorf("settings %q, want %q", got, want)
	}
}

// settings are what a connection that writes is set to.
func settings(t *testing.T, s *postgres.Store, names ...string) []string {
	t.Helper()
	values := make([]string, len(names))
	for i, name := range names {
		values[i] = postgres.Question(t, s, "SELECT current_setting($1)", name)
	}
	return values
}
