package testserver

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// MariaDBServer is a MariaDB with superuser root, who has Password from
// wherever he comes.
type MariaDBServer struct {
	*Server
	client string // the program mariadb
	access string // an option file for it, with the password
}

// MariaDB is one for this process, started at the first call. A commit is not
// synced to its disk.
func MariaDB(t testing.TB) *MariaDBServer {
	t.Helper()
	return get(t, sharedMariaDB)
}

var sharedMariaDB = sync.OnceValues(func() (*MariaDBServer, error) { return startMariaDB(options{}, true) })

// NewMariaDB starts a MariaDB for this test alone. It syncs each commit.
func NewMariaDB(t testing.TB, list ...Option) *MariaDBServer {
	t.Helper()
	s := get(t, func() (*MariaDBServer, error) { return startMariaDB(collect(list), false) })
	private(t, s.Server)
	return s
}

// OpenMariaDB starts a MariaDB outside of a test, for measurements. It syncs
// each commit. The caller closes it.
func OpenMariaDB(list ...Option) (*MariaDBServer, error) {
	return startMariaDB(collect(list), false)
}

func startMariaDB(o options, shared bool) (*MariaDBServer, error) {
	began := time.Now()
	paths := map[string]string{}
	for _, name := range []string{"mariadbd", "mariadb-install-db", "mariadb"} {
		path, err := program(name)
		if err != nil {
			return nil, err
		}
		paths[name] = path
	}
	as, err := unprivileged()
	if err != nil {
		return nil, &missingError{"MariaDB: " + err.Error()}
	}
	dir, err := newFolder("mariadb")
	if err != nil {
		return nil, err
	}
	data, err := dataFolder(dir, o.dataOn, as)
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	settings, err := mariaSettings(dir, data, port, o, shared, as)
	if err != nil {
		return nil, err
	}
	config, temporary := filepath.Join(dir, "my.cnf"), filepath.Join(dir, "tmp")
	if err := firstError(os.WriteFile(config, settings, 0o644), os.Mkdir(temporary, 0o700), as.own(temporary)); err != nil {
		return nil, err
	}
	if err := makeMariaData(paths["mariadb-install-db"], dir, data, as); err != nil {
		return nil, err
	}
	m := &MariaDBServer{client: paths["mariadb"], access: filepath.Join(dir, "client.cnf")}
	m.Server = &Server{
		name:    "MariaDB",
		version: mariaVersion(paths["mariadbd"]),
		addr:    local(port),
		tlsAddr: local(port),
		dir:     dir,
		data:    data,
		daemons: []daemon{{
			path: paths["mariadbd"], args: []string{"--defaults-file=" + config}, env: environment(dir), dir: data,
			log: filepath.Join(dir, "log"), as: as, stop: syscall.SIGTERM, death: syscall.SIGKILL,
		}},
		shared: shared,
	}
	m.answers = func(ctx context.Context) error { return askMariaDB(ctx, m.addr) }
	if err := m.writeAccess(); err != nil {
		return nil, err
	}
	return m, launch(m.Server, began)
}

// mariaSettings is the server's only option file.
func mariaSettings(dir, data string, port int, o options, shared bool, as account) ([]byte, error) {
	settings := []setting{
		{"datadir", data},
		{"tmpdir", filepath.Join(dir, "tmp")}, // a server that starts removes the temporary tables of others
		{"bind_address", "127.0.0.1"},
		{"port", fmt.Sprint(port)},
		{"socket", filepath.Join(data, "socket")},
		{"pid_file", filepath.Join(data, "pid")},
		{"plugin_load_add", "auth_ed25519"},
		{"max_connections", "200"},
		{"innodb_buffer_pool_size", "256M"},
		{"innodb_log_file_size", "96M"},
	}
	if shared {
		settings = append(settings, setting{"innodb_flush_log_at_trx_commit", "0"}, setting{"innodb_doublewrite", "0"}, setting{"innodb_flush_method", "nosync"}, setting{"sync_frm", "0"},
			setting{"innodb_buffer_pool_size", "64M"}, setting{"innodb_log_file_size", "16M"})
	}
	if a := o.authority; a != nil {
		cert, key, err := a.server(data, as)
		if err != nil {
			return nil, err
		}
		settings = append(settings, setting{"ssl_ca", filepath.Join(data, "ca.pem")}, setting{"ssl_cert", cert}, setting{"ssl_key", key})
	}
	conf := []byte("[mariadbd]\n")
	for _, s := range append(settings, o.settings...) { // the last of a name counts
		conf = fmt.Appendf(conf, "%s = %s\n", s.name, s.value)
	}
	return conf, nil
}

// makeMariaData makes the system tables and root's accounts.
func makeMariaData(install, dir, data string, as account) error {
	accounts := filepath.Join(data, "accounts.sql")
	text := fmt.Sprintf("FLUSH PRIVILEGES;\nCREATE OR REPLACE USER root@localhost IDENTIFIED BY '%[1]s';\n"+
		"GRANT ALL ON *.* TO root@localhost WITH GRANT OPTION;\nCREATE USER root@'%%' IDENTIFIED BY '%[1]s';\n"+
		"GRANT ALL ON *.* TO root@'%%' WITH GRANT OPTION;\n", Password)
	if err := firstError(os.WriteFile(accounts, []byte(text), 0o600), as.own(accounts)); err != nil {
		return err
	}
	defer os.Remove(accounts)
	cmd := exec.Command(install, "--no-defaults", "--datadir="+data, "--auth-root-authentication-method=normal", "--skip-test-db",
		"--skip-name-resolve", "--tmpdir="+filepath.Join(dir, "tmp"), "--extra-file="+accounts, "--innodb-log-file-size=8M", "--innodb-flush-log-at-trx-commit=0")
	cmd.Env, cmd.Dir = environment(dir), data
	cmd.SysProcAttr = as.attributes(syscall.SIGKILL)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := spawn(cmd)
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return fmt.Errorf("mariadb-install-db: %w: %s", err, out.Bytes())
	}
	return nil
}

func mariaVersion(mariadbd string) string {
	out, _ := exec.Command(mariadbd, "--no-defaults", "--version").Output() // mariadbd  Ver 10.11.19-MariaDB-0+deb12u1 for ...
	if words := strings.Fields(string(out)); len(words) > 2 {
		version, _, _ := strings.Cut(words[2], "-")
		return version
	}
	return "?"
}

// askMariaDB connects as far as the server's greeting, whose fifth byte is the
// version of the protocol, or says that it is an error.
func askMariaDB(ctx context.Context, addr string) error {
	greeting, err := greet(ctx, addr, 5)
	if err != nil {
		return err
	}
	if greeting[4] != 10 {
		return fmt.Errorf("it answers %d instead of a greeting", greeting[4])
	}
	return nil
}
