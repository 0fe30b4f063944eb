package testserver

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"net/url"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// commandTimeout bounds psql, rabbitmqctl and requests to the HTTP API.
const commandTimeout = 60 * time.Second

// URL is where a user with Password finds a database, without TLS.
func (s *PostgresServer) URL(user, database string) string {
	u := url.URL{Scheme: "postgres", User: url.UserPassword(user, Password), Host: s.addr, Path: "/" + database,
		RawQuery: "sslmode=disable"}
	return u.String()
}

// Database makes an empty database, dropped at the end of the test, and
// returns its name.
func (s *PostgresServer) Database(t testing.TB) string {
	t.Helper()
	name := unique(t.Name())
	s.SQL(t, "postgres", `CREATE DATABASE "`+name+`"`)
	t.Cleanup(func() {
		if keep() {
			t.Logf("database %s stays on %s", name, s.addr)
		} else if s.Answers(time.Second) == nil { // else it goes with its server
			s.SQL(t, "postgres", `DROP DATABASE IF EXISTS "`+name+`" WITH (FORCE)`)
		}
	})
	return name
}

// SQL runs statements with psql as superuser, each in its own transaction, and
// returns the rows: columns separated by |, no header, no last line end. It
// stops at the first error and fails the test.
func (s *PostgresServer) SQL(t testing.TB, database, statements string) string {
	t.Helper()
	out, err := s.run(database, statements)
	if err != nil {
		t.Fatalf("psql: %v", err)
	}
	return out
}

func (s *PostgresServer) run(database, statements string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	host, port, _ := net.SplitHostPort(s.addr)
	cmd := exec.CommandContext(ctx, s.psql, "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1",
		"-h", host, "-p", port, "-U", "postgres", "-d", database)
	cmd.Env = append(environment(s.dir), "PGPASSWORD="+Password, "PGCONNECT_TIMEOUT=10")
	cmd.Stdin = strings.NewReader(statements)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, complaint.Bytes())
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// Role makes a role that may log in with Password and do nothing else yet,
// dropped at the end of the test with everything that it owns or was granted,
// and returns its name: the one given, made unique.
func (s *PostgresServer) Role(t testing.TB, name string) string {
	t.Helper()
	name = unique(name)
	s.SQL(t, "postgres", `CREATE ROLE "`+name+`" LOGIN PASSWORD '`+Password+`'`)
	t.Cleanup(func() {
		if keep() || s.Answers(time.Second) != nil {
			return
		}
		// What depends on a role can only be dropped in its own database.
		const where = `SELECT DISTINCT datname FROM pg_shdepend JOIN pg_database d ON d.oid = dbid
			WHERE refclassid = 'pg_authid'::regclass AND refobjid = (SELECT oid FROM pg_roles WHERE rolname = `
		for database := range strings.Lines(s.SQL(t, "postgres", where+`'`+name+`')`)) {
			s.SQL(t, strings.TrimSpace(database), `DROP OWNED BY "`+name+`" CASCADE`)
		}
		s.SQL(t, "postgres", `DROP OWNED BY "`+name+`"; DROP ROLE "`+name+`"`)
	})
	return name
}
