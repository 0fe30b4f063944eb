package testserver_test

import (
	"testing"
	"time"

	"recibo/internal/testserver"
)

// table is a database with a table that has one row.
func table(t *testing.T, s *testserver.PostgresServer) string {
	t.Helper()
	name := s.Database(t)
	s.SQL(t, name, "CREATE TABLE payment (id text, amount numeric); INSERT INTO payment VALUES ('a', 150.75)")
	return name
}

func expectRow(t *testing.T, s *testserver.PostgresServer, database string) {
	t.Helper()
	if got := s.SQL(t, database, "SELECT * FROM payment"); got != "a|150.75" {
		t.Errorf("the table has %q", got)
	}
}

func TestPostgresSurvivesKill(t *testing.T) {
	t.Parallel()
	s := testserver.NewPostgres(t)
	name := table(t, s)
	addr := s.Addr()
	s.Kill(t)
	if err := s.Answers(time.Second); err == nil {
		t.Error("it answers after kill -9")
	}
	s.Start(t)
	if s.Addr() != addr {
		t.Errorf("address %s became %s", addr, s.Addr())
	}
	expectRow(t, s, name)
	s.Restart(t)
	expectRow(t, s, name)
	if s.CPU() <= 0 || s.Resident() < 1<<20 {
		t.Errorf("CPU %v, resident %d", s.CPU(), s.Resident())
	}
}

func TestPostgresFreezes(t *testing.T) {
	t.Parallel()
	s := testserver.NewPostgres(t)
	name := table(t, s)
	s.Freeze(t)
	if err := s.Answers(500 * time.Millisecond); err == nil {
		t.Error("it answers while frozen")
	}
	s.Thaw(t)
	if err := s.Answers(10 * time.Second); err != nil {
		t.Error(err)
	}
	expectRow(t, s, name)
}

func TestSharedPostgres(t *testing.T) {
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
}
