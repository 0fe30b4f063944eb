package testserver_test

import (
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// TestMariaDB asks the shared one.
func TestMariaDB(t *testing.T) {
	s := testserver.MariaDB(t)
	if s != testserver.MariaDB(t) {
		t.Error("a second one was started")
	}
	database := s.Database(t)
	s.SQL(t, database, "CREATE TABLE t (a int, b text); INSERT INTO t VALUES (1, 'ação'), (2, NULL)")
	if got := s.SQL(t, database, "SELECT a, b FROM t ORDER BY a"); got != "1\tação\n2\tNULL" {
		t.Errorf("rows %q", got)
	}
	user := s.User(t, "Someone")
	if !strings.HasPrefix(user, "t_someone_") || !strings.Contains(s.URL(user, database), user+":"+testserver.Password+"@"+s.Addr()+"/"+database) {
		t.Errorf("user %s, address %s", user, s.URL(user, database))
	}
	if s.Version() < "10.11" || s.CPU() <= 0 || s.Resident() < 10<<20 {
		t.Errorf("version %s, CPU %v, %d bytes", s.Version(), s.CPU(), s.Resident())
	}
}

// TestMariaDBIsHurt kills, freezes and stops a private one: the same address,
// the same data.
func TestMariaDBIsHurt(t *testing.T) {
	t.Parallel()
	s := testserver.NewMariaDB(t, testserver.Setting("max_connections", "17"), testserver.TLS(testserver.NewAuthority(t)))
	if got := s.SQL(t, "", "SELECT @@max_connections, @@have_ssl, @@innodb_flush_log_at_trx_commit"); got != "17\tYES\t1" {
		t.Errorf("settings %q", got)
	}
	s.SQL(t, "", "CREATE DATABASE d; CREATE TABLE d.t (a int); INSERT INTO d.t VALUES (7)")
	for name, end := range map[string]func(testing.TB){"kill": s.Kill, "stop": s.Stop} {
		end(t)
		if s.Answers(time.Second) == nil {
			t.Errorf("it answers after %s", name)
		}
		s.Start(t)
		if got := s.SQL(t, "d", "SELECT a FROM t"); got != "7" {
			t.Errorf("after %s: %q", name, got)
		}
	}
	s.Freeze(t)
	if s.Answers(300*time.Millisecond) == nil {
		t.Error("it answers frozen")
	}
	s.Thaw(t)
	if err := s.Answers(5 * time.Second); err != nil {
		t.Errorf("thawed: %v", err)
	}
}
