package testserver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// greet connects and reads the first n bytes that the server says.
func greet(ctx context.Context, addr string, n int) ([]byte, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	b := make([]byte, n)
	_, err = io.ReadFull(c, b)
	return b, err
}

// writeAccess writes what the client is to know of the server. The password is
// in a file, as no command line may hold it.
func (s *MariaDBServer) writeAccess() error {
	host, port, err := net.SplitHostPort(s.addr)
	if err != nil {
		return err
	}
	text := fmt.Sprintf("[client]\nhost = %s\nport = %s\nuser = root\npassword = \"%s\"\nprotocol = tcp\nconnect-timeout = 10\n"+
		"default-character-set = utf8mb4\n", host, port, Password)
	return os.WriteFile(s.access, []byte(text), 0o600)
}

// URL is where a user with Password finds a database, without TLS.
func (s *MariaDBServer) URL(user, database string) string {
	u := url.URL{Scheme: "mysql", User: url.UserPassword(user, Password), Host: s.addr, Path: "/" + database,
		RawQuery: "ssl-mode=DISABLED"}
	return u.String()
}

// Database makes an empty database, dropped at the end of the test, and
// returns its name.
func (s *MariaDBServer) Database(t testing.TB) string {
	t.Helper()
	name := unique(t.Name())
	s.SQL(t, "", "CREATE DATABASE `"+name+"`")
	t.Cleanup(func() {
		if keep() {
			t.Logf("database %s stays on %s", name, s.addr)
		} else if s.Answers(time.Second) == nil { // else it goes with its server
			s.SQL(t, "", "DROP DATABASE IF EXISTS `"+name+"`")
		}
	})
	return name
}

// SQL runs statements with the mariadb client as root, in a database unless it
// is empty, and returns the rows: columns separated by tabs, no header, no last
// line end. It stops at the first error and fails the test.
func (s *MariaDBServer) SQL(t testing.TB, database, statements string) string {
	t.Helper()
	out, err := s.run(database, statements)
	if err != nil {
		t.Fatalf("mariadb: %v", err)
	}
	return out
}

func (s *MariaDBServer) run(database, statements string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	cmd := exec.CommandContext(ctx, s.client, "--defaults-file="+s.access, "--batch", "--skip-column-names")
	if database != "" {
		cmd.Args = append(cmd.Args, "--database="+database)
	}
	cmd.Env = environment(s.dir)
	cmd.Stdin = strings.NewReader(statements)
	var out, complaint bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%w: %s", err, complaint.Bytes())
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

// User makes a user who may log in with Password and do nothing else yet,
// dropped at the end of the test, and returns its name: the one given, made
// unique.
func (s *MariaDBServer) User(t testing.TB, name string) string {
	t.Helper()
	name = unique(name)
	s.SQL(t, "", "CREATE USER `"+name+"`@`%` IDENTIFIED BY '"+Password+"'")
	t.Cleanup(func() {
		if !keep() && s.Answers(time.Second) == nil {
			s.SQL(t, "", "DROP USER `"+name+"`@`%`")
		}
	})
	return name
}

// TrySQL is SQL for what may fail: it returns the client's complaint.
func (s *MariaDBServer) TrySQL(database, statements string) error {
	_, err := s.run(database, statements)
	return err
}
