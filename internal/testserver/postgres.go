package testserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// Password is that of every account that testserver makes. Tests look for it
// in logs, errors and pages, where it must not be.
const Password = "Tr0ub4dor-never-in-a-log"

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
