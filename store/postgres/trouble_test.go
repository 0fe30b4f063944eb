package postgres_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/postgres"
)

// dataFolder is where a server keeps its data.
func dataFolder(t *testing.T, server *testserver.PostgresServer) string {
	t.Helper()
	return server.SQL(t, "postgres", "SHOW data_directory")
}

// set changes a setting of a running server.
func set(t *testing.T, server *testserver.PostgresServer, setting string) {
	t.Helper()
	server.SQL(t, "postgres", "ALTER SYSTEM "+setting)
	server.SQL(t, "postgres", "SELECT pg_reload_conf()")
	time.Sleep(500 * time.Millisecond) // the postmaster tells the others, and they read it
}

// TestCommitWaitsForStandby has a COMMIT wait for a standby that is not there.
// It must not be cut short: the server would then report as done what stands in
// one place only, and a failover would lose it.
func TestCommitWaitsForStandby(t *testing.T) {
	t.Parallel()
	server := testserver.NewPostgres(t)
	s := migrated(t, server.URL("postgres", "postgres"), postgres.Options{CommitTimeout: 400 * time.Millisecond})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	set(t, server, "SET synchronous_standby_names = 'nobody'")
	wantClass(t, s.Update(t.Context(), counted(2, newPayment("b", 1))), store.ClassUnknownCommit, "no answer from the server")
	time.Sleep(500 * time.Millisecond)
	wantPayments(t, s, 1)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	wantClass(t, s.Update(ctx, counted(2, newPayment("b", 1))), store.ClassOutage, "claim number 2: context deadline exceeded")
	wantPayments(t, s, 1)
	set(t, server, "RESET synchronous_standby_names")
	if !landed(t, s, 2) {
		t.Error("the commit is lost")
	}
	wantPayments(t, s, 2)
}

// TestTerminatedInCommit is 57P01 while COMMIT waits: it is done all the same.
func TestTerminatedInCommit(t *testing.T) {
	t.Parallel()
	server := testserver.NewPostgres(t)
	s := migrated(t, server.URL("postgres", "postgres"), postgres.Options{})
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	set(t, server, "SET synchronous_standby_names = 'nobody'")
	time.AfterFunc(300*time.Millisecond, func() {
		server.SQL(t, "postgres", "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE wait_event = 'SyncRep'")
	})
	wantClass(t, s.Update(t.Context(), counted(2, newPayment("b", 1))), store.ClassUnknownCommit, "")
	set(t, server, "RESET synchronous_standby_names")
	if !landed(t, s, 2) {
		t.Error("the commit is lost")
	}
}

// TestTerminatedInTransaction is 57P01 between two statements.
func TestTerminatedInTransaction(t *testing.T) {
	server, role, database, address := asRecorder(t)
	s := open(t, address, postgres.Options{})
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Claim(ctx, store.Writer{ID: "w", StartedAt: day, SeenAt: day, Seq: 1}); err != nil {
			return err
		}
		server.SQL(t, database, terminate(role))
		_, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)})
		return err
	})
	wantClass(t, err, store.ClassOutage, "terminating connection due to administrator command (SQLSTATE 57P01)")
	if err := s.Update(t.Context(), counted(1, newPayment("a", 1))); err != nil {
		t.Errorf("the next one: %v", err)
	}
}

// TestCrashOfABackend is 57P02: one process of the server dies, and it ends all
// others to make sure of its memory.
func TestCrashOfABackend(t *testing.T) {
	t.Parallel()
	server := testserver.NewPostgres(t)
	address := server.URL("postgres", "postgres")
	s := migrated(t, address, postgres.Options{})
	victim := raw(t, address).PgConn().PID()
	err := s.Update(t.Context(), func(ctx context.Context, tx store.Tx) error {
		if _, err := tx.Record(ctx, []store.Payment{newPayment("a", 1)}); err != nil {
			return err
		}
		if err := syscall.Kill(int(victim), syscall.SIGKILL); err != nil {
			t.Skipf("the server takes no signal: %v", err)
		}
		time.Sleep(200 * time.Millisecond)
		_, err := tx.Record(ctx, []store.Payment{newPayment("b", 1)})
		return err
	})
	wantClass(t, err, store.ClassOutage, "record 1 payments: ")
	startLoad(t, s).stop(t)
}

// TestShuttingDown is 57P03: a server that waits for its last session takes no
// new one.
func TestShuttingDown(t *testing.T) {
	t.Parallel()
	server := testserver.NewPostgres(t)
	address := server.URL("postgres", "postgres")
	s := migrated(t, address, postgres.Options{})
	last := raw(t, address)
	text, err := os.ReadFile(filepath.Join(dataFolder(t, server), "postmaster.pid"))
	if err != nil {
		t.Skipf("the server's folder cannot be read: %v", err)
	}
	pid, err := strconv.Atoi(strings.SplitN(string(text), "\n", 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		t.Skipf("the server takes no signal: %v", err)
	}
	for range 100 { // it gets the signal when it gets it
		var other *postgres.Store
		if other, err = postgres.Open(t.Context(), address, postgres.Options{}); err != nil {
			break
		}
		_ = other.Close()
		time.Sleep(20 * time.Millisecond)
	}
	wantClass(t, err, store.ClassOutage, "connect: the database system is shutting down (SQLSTATE 57P03)")
	_ = last.Close(t.Context())
	_ = s.Close() // the last session but one
	server.Restart(t)
	open(t, address, postgres.Options{})
}

// TestStandby opens a hot standby: that it takes no writes is an outage, which
// its promotion ends.
func TestStandby(t *testing.T) {
	t.Parallel()
	server := testserver.NewPostgres(t)
	address := server.URL("postgres", "postgres")
	s := migrated(t, address, postgres.Options{})
	signal := filepath.Join(dataFolder(t, server), "standby.signal")
	server.Stop(t)
	if err := os.WriteFile(signal, nil, 0o666); err != nil {
		t.Skipf("the server's folder cannot be written: %v", err)
	}
	if err := os.Chmod(signal, 0o666); err != nil { // whatever the umask
		t.Fatal(err)
	}
	server.Start(t)
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassOutage, "cannot execute INSERT in a read-only transaction")
	if err := s.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
	wantPayments(t, s, 0)
	picky := with(address, "target_session_attrs", "read-write")
	_, err := postgres.Open(t.Context(), picky, postgres.Options{})
	wantClass(t, err, store.ClassOutage, "connect: read only connection")
	if promoted := server.SQL(t, "postgres", "SELECT pg_promote()"); promoted != "t" {
		t.Fatalf("promotion: %s", promoted)
	}
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("after the promotion: %v", err)
	}
	open(t, picky, postgres.Options{})
}

// TestOutOfMemory is 53200: the table of locks is full.
func TestOutOfMemory(t *testing.T) {
	t.Parallel()
	server := testserver.NewPostgres(t, testserver.Setting("max_locks_per_transaction", "10"), testserver.Setting("max_connections", "10"))
	s := migrated(t, server.URL("postgres", "postgres"), postgres.Options{})
	server.SQL(t, "postgres", trigger("greedy", "PERFORM pg_advisory_xact_lock(i) FROM generate_series(1, 100000) AS i; RETURN NEW;"))
	// Fewer at once may pass; one alone is an outage then.
	wantClass(t, s.Update(t.Context(), recording(newPayment("a", 1))), store.ClassTooSlow, "out of shared memory (SQLSTATE 53200)")
	server.SQL(t, "postgres", "DROP TRIGGER greedy ON payments")
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Errorf("without it: %v", err)
	}
}
