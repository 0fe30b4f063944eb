package testserver

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Password is that of every account that testserver makes. Tests look for it
// in logs, errors and pages, where it must not be.
const Password = "Tr0ub4dor-never-in-a-log"

// commandTimeout bounds psql, rabbitmqctl and requests to the HTTP API.
const commandTimeout = 60 * time.Second

// PostgresServer is a PostgreSQL with superuser postgres, who has Password.
type PostgresServer struct {
	*Server
	psql string
}

func startPostgres(o options, shared bool) (*PostgresServer, error) {
	began := time.Now()
	initdb, err := program("initdb")
	if err != nil {
		return nil, err
	}
	postgres, err := program("postgres")
	if err != nil {
		return nil, err
	}
	psql, err := program("psql")
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, &missingError{"PostgreSQL: " + err.Error()}
	}
	dir, err := newFolder("postgresql")
	if err != nil {
		return nil, err
	}
	data, err := dataFolder(dir, o.dataOn, as)
	if err != nil {
		return nil, err
	}
	if err := makeCluster(initdb, data, as); err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	if err := configurePostgres(data, port, o, shared, as); err != nil {
		return nil, err
	}
	s := &Server{
		name:    "PostgreSQL",
		version: postgresVersion(postgres),
		addr:    local(port),
		tlsAddr: local(port),
		dir:     dir,
		daemons: []daemon{{
			path: postgres, args: []string{"-D", data}, env: environment(dir), dir: data,
			log: filepath.Join(dir, "log"), as: as, stop: syscall.SIGINT, death: syscall.SIGQUIT,
		}},
		shared: shared,
	}
	s.data, s.undo = data, func() { freeMemory(data) }
	p := &PostgresServer{Server: s, psql: psql}
	p.wire()
	return p, launch(s, began)
}

// wire sets how to ask it.
func (s *PostgresServer) wire() {
	s.answers = func(ctx context.Context) error { return askPostgres(ctx, s.addr) }
}

// environment is all that a server is told of ours.
func environment(home string) []string {
	return []string{"PATH=/usr/sbin:/usr/bin:/sbin:/bin", "LANG=C.UTF-8", "HOME=" + home}
}

func postgresVersion(postgres string) string {
	out, _ := exec.Command(postgres, "--version").Output() // postgres (PostgreSQL) 15.18 (Debian ...)
	if words := strings.Fields(string(out)); len(words) > 2 {
		return words[2]
	}
	return "?"
}

// makeCluster runs initdb. It takes less than a second without its fsync, so
// nothing is kept for the next time.
func makeCluster(initdb, data string, as account) error {
	secret := filepath.Join(data, "..", filepath.Base(data)+"-password")
	if err := os.WriteFile(secret, []byte(Password+"\n"), 0o600); err != nil {
		return err
	}
	defer os.Remove(secret)
	if err := as.own(secret); err != nil {
		return err
	}
	cmd := exec.Command(initdb, "-D", data, "-U", "postgres", "--pwfile="+secret, "--no-sync",
		"--auth-host=scram-sha-256", "--auth-local=reject", "--no-locale", "-E", "UTF8")
	cmd.Env, cmd.Dir = environment(data), data
	cmd.SysProcAttr = as.attributes(syscall.SIGKILL)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := spawn(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return fmt.Errorf("initdb: %w: %s", err, out.Bytes())
	}
	return nil
}

func configurePostgres(data string, port int, o options, shared bool, as account) error {
	settings := []setting{
		{"listen_addresses", "127.0.0.1"},
		{"port", fmt.Sprint(port)},
		{"unix_socket_directories", ""},
		{"max_connections", "200"},
		{"log_line_prefix", "%m [%p] %q%u@%d "},
	}
	if shared {
		settings = append(settings, setting{"fsync", "off"}, setting{"full_page_writes", "off"})
	}
	if a := o.authority; a != nil {
		cert, key, err := a.server(data, as)
		if err != nil {
			return err
		}
		settings = append(settings, setting{"ssl", "on"}, setting{"ssl_ca_file", filepath.Join(data, "ca.pem")},
			setting{"ssl_cert_file", cert}, setting{"ssl_key_file", key})
	}
	var conf strings.Builder
	for _, s := range append(settings, o.settings...) { // the last of a name counts
		fmt.Fprintf(&conf, "%s = '%s'\n", s.name, strings.ReplaceAll(s.value, "'", "''"))
	}
	f, err := os.OpenFile(filepath.Join(data, "postgresql.conf"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(conf.String())
	hba := strings.Join(append(o.hba, "host all all 127.0.0.1/32 scram-sha-256"), "\n") + "\n"
	return firstError(err, f.Close(), os.WriteFile(filepath.Join(data, "pg_hba.conf"), []byte(hba), 0o600))
}

// freeMemory removes the piece of shared memory by which PostgreSQL knows that
// two use a data folder: after SIGKILL it is left behind.
func freeMemory(data string) {
	text, _ := os.ReadFile(filepath.Join(data, "postmaster.pid"))
	if lines := strings.Split(string(text), "\n"); len(lines) > 6 {
		var key, id uintptr
		if n, _ := fmt.Sscan(lines[6], &key, &id); n == 2 {
			const remove = 0 // IPC_RMID
			_, _, _ = syscall.Syscall(syscall.SYS_SHMCTL, id, remove, 0)
		}
	}
}

// askPostgres opens a session as far as the server's demand for a password.
// While it starts up or shuts down it answers with an error instead.
func askPostgres(ctx context.Context, addr string) error {
	reply, err := ask(ctx, addr, startup())
	if err != nil {
		return err
	}
	if reply != 'R' {
		return fmt.Errorf("it answers %q instead of asking for a password", reply)
	}
	return nil
}

func startup() []byte {
	const version = 3 << 16
	b := binary.BigEndian.AppendUint32(make([]byte, 4), version)
	b = append(b, "user\x00postgres\x00database\x00postgres\x00\x00"...)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// ask sends a greeting and returns the first byte of the answer.
func ask(ctx context.Context, addr string, greeting []byte) (byte, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", addr)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	if end, ok := ctx.Deadline(); ok {
		_ = c.SetDeadline(end)
	}
	if _, err := c.Write(greeting); err != nil {
		return 0, err
	}
	var first [1]byte
	_, err = io.ReadFull(c, first[:])
	return first[0], err
}

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
