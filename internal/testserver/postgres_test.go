package testserver_test

import (
	"os"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// table makes a database that has a table with one row.
func table(t testing.TB, s *testserver.PostgresServer) string {
	t.Helper()
	name := s.Database(t)
	s.SQL(t, name, "CREATE TABLE payment (id text, amount numeric); INSERT INTO payment VALUES ('a', 150.75)")
	return name
}

func expectRow(t testing.TB, s *testserver.PostgresServer, database string) {
	t.Helper()
	if got := s.SQL(t, database, "SELECT * FROM payment"); got != "a|150.75" {
		t.Errorf("the table has %q", got)
	}
}

func TestPostgresKilled(t *testing.T) {
	t.Parallel()
	dir, memory := t.TempDir(), sharedMemory(t)
	t.Run("", func(t *testing.T) {
		s := testserver.NewPostgres(t, testserver.DataOn(dir))
		name := table(t, s)
		before, addr := s.CPU(), s.Addr()
		s.Kill(t)
		if err := s.Answers(time.Second); err == nil {
			t.Error("it answers after kill -9")
		}
		if now := s.CPU(); now < before {
			t.Errorf("CPU went from %v back to %v", before, now)
		}
		s.Start(t)
		if s.Addr() != addr {
			t.Errorf("address %s became %s", addr, s.Addr())
		}
		expectRow(t, s, name)
		s.Restart(t)
		expectRow(t, s, name)
		if now := s.CPU(); now <= before || s.Resident() < 1<<20 {
			t.Errorf("CPU %v after %v, resident %d", now, before, s.Resident())
		}
		if !strings.Contains(s.Log(), "database system is ready") {
			t.Errorf("the log is %q", s.Log())
		}
		s.Kill(t)
	})
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if now := sharedMemory(t); now > memory {
		t.Errorf("%d pieces of shared memory became %d", memory, now)
	}
}

// sharedMemory counts pieces that no process uses.
func sharedMemory(t *testing.T) int {
	t.Helper()
	text, err := os.ReadFile("/proc/sysvipc/shm")
	if err != nil {
		t.Fatal(err)
	}
	unused := 0
	for line := range strings.Lines(string(text)) {
		const users = 6
		if fields := strings.Fields(line); len(fields) > users && fields[users] == "0" {
			unused++
		}
	}
	return unused
}

func TestPostgresFrozen(t *testing.T) {
	t.Parallel()
	s := testserver.NewPostgres(t)
	name := table(t, s)
	s.Freeze(t)
	if err := s.Answers(300 * time.Millisecond); err == nil {
		t.Error("it answers while frozen")
	}
	s.Thaw(t)
	if err := s.Answers(10 * time.Second); err != nil {
		t.Error(err)
	}
	expectRow(t, s, name)
	s.Freeze(t)
	s.Stop(t) // thaws it first
	s.Start(t)
	expectRow(t, s, name)
	s.Freeze(t) // and its end must not wait for a thaw
}

func TestPostgresShared(t *testing.T) {
	t.Parallel()
	s := testserver.Postgres(t)
	if s != testserver.Postgres(t) {
		t.Error("two servers")
	}
	a, b := table(t, s), s.Database(t)
	expectRow(t, s, a)
	if got := s.SQL(t, b, "SELECT count(*) FROM pg_tables WHERE tablename = 'payment'"); got != "0" {
		t.Error("the second database is not empty")
	}
	if s.CPU() <= 0 || s.Resident() < 1<<20 {
		t.Errorf("CPU %v, resident %d", s.CPU(), s.Resident())
	}
	err := testserver.Outside("hurt", func(t testing.TB) { s.Kill(t) })
	if err == nil || !strings.Contains(err.Error(), "NewPostgres") {
		t.Errorf("killing the shared one: %v", err)
	}
	if err := s.Answers(5 * time.Second); err != nil {
		t.Error(err)
	}
}

// What a test made is gone after it, also where one depends on the other and
// somebody is connected.
func TestPostgresCleansUp(t *testing.T) {
	t.Parallel()
	s := testserver.Postgres(t)
	var database, role string
	err := testserver.Outside("inner", func(t testing.TB) {
		database = table(t, s)
		role = s.Role(t, "recorder")
		s.SQL(t, database, `GRANT SELECT ON payment TO `+role+`; SET ROLE `+role+`; CREATE TEMP TABLE x ()`)
		s.SQL(t, "postgres", `GRANT CONNECT ON DATABASE `+database+` TO `+role)
	})
	if err != nil {
		t.Fatal(err)
	}
	got := s.SQL(t, "postgres", `SELECT datname FROM pg_database WHERE datname = '`+database+`'
		UNION SELECT rolname FROM pg_roles WHERE rolname = '`+role+`'`)
	if got != "" {
		t.Errorf("%q is left", got)
	}
}

func TestPostgresSQLFails(t *testing.T) {
	t.Parallel()
	s := testserver.Postgres(t)
	err := testserver.Outside("inner", func(t testing.TB) { s.SQL(t, "postgres", "SELECT 1/0") })
	if err == nil || !strings.Contains(err.Error(), "division by zero") {
		t.Errorf("got %v", err)
	}
}

func TestPostgresSetting(t *testing.T) {
	t.Parallel()
	s := testserver.NewPostgres(t, testserver.Setting("timezone", "America/Sao_Paulo"), testserver.Setting("max_connections", "7"))
	if got := s.SQL(t, "postgres", "SHOW timezone; SHOW max_connections; SHOW fsync"); got != "America/Sao_Paulo\n7\non" {
		t.Errorf("got %q", got)
	}
	err := testserver.Outside("inner", func(t testing.TB) { testserver.NewPostgres(t, testserver.Setting("no_such", "1")) })
	if err == nil || !strings.Contains(err.Error(), "no_such") {
		t.Errorf("a setting that does not exist: %v", err)
	}
}
