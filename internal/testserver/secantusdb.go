package testserver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"testing"
	"time"
)

// SecantusServer is a SecantusDB: it speaks MongoDB's protocol, keeps its data
// in WiredTiger as MongoDB does, and stands for it where that cannot be had. It
// has an administrator admin, who has Password, but asks for none of it unless
// started with Setting("auth", ""); then every command needs a user. It fsyncs
// at each commit, answers as a replica set of one, and has failCommand.
type SecantusServer struct {
	*Server
	tls bool
}

// SecantusDB is the shared one: one for this process, started at the first call.
func SecantusDB(t testing.TB) *SecantusServer {
	t.Helper()
	return get(t, sharedSecantus)
}

var sharedSecantus = sync.OnceValues(func() (*SecantusServer, error) { return startSecantus(options{}, true) })

// NewSecantusDB starts one for this test alone. Setting(name, value) is an
// option of its command line, --name value, or --name alone without a value:
// "standalone" makes it no member of a replica set, "auth" has it ask for users.
func NewSecantusDB(t testing.TB, list ...Option) *SecantusServer {
	t.Helper()
	s := get(t, func() (*SecantusServer, error) { return startSecantus(collect(list), false) })
	private(t, s.Server)
	return s
}

// OpenSecantusDB starts one outside of a test, for measurements. The caller
// closes it.
func OpenSecantusDB(list ...Option) (*SecantusServer, error) {
	return startSecantus(collect(list), false)
}

func startSecantus(o options, shared bool) (*SecantusServer, error) {
	began := time.Now()
	bin, err := python("secantusdb")
	if err != nil {
		return nil, err
	}
	dir, err := newFolder("secantusdb")
	if err != nil {
		return nil, err
	}
	data, err := dataFolder(dir, o.dataOn, account{})
	if err != nil {
		return nil, err
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	d := daemon{
		path: filepath.Join(bin, "secantusd-py"), env: environment(dir), dir: dir, log: filepath.Join(dir, "log"),
		args: []string{"--host", "127.0.0.1", "--port", strconv.Itoa(port), "--storage-path", data,
			"--config", filepath.Join(dir, "toml"), "--sync-on-commit", "--enable-test-commands"},
		stop: syscall.SIGTERM, death: syscall.SIGKILL,
	}
	if err := os.WriteFile(filepath.Join(dir, "toml"), nil, 0o600); err != nil { // not that of the machine
		return nil, err
	}
	s := &Server{name: "SecantusDB", version: secantusVersion(bin), addr: local(port), tlsAddr: local(port), dir: dir, data: data,
		daemons: []daemon{d}, shared: shared}
	m := &SecantusServer{Server: s}
	s.answers = m.ask
	if err := launch(s, began); err != nil {
		return nil, err
	}
	if err := m.makeAdmin(); err != nil {
		return nil, fmt.Errorf("%w: %w", err, bury(s))
	}
	return m, m.restartWith(o)
}

// makeAdmin is done before anything is secured: only then it needs no user.
func (s *SecantusServer) makeAdmin() error {
	ctx, cancel := context.WithTimeout(context.Background(), answerTimeout)
	defer cancel()
	return s.command(ctx, "admin", bsonText("createUser", "admin"), bsonText("pwd", Password), bsonList("roles", "root"))
}

// restartWith starts it again with what the options say, if they say anything.
func (s *SecantusServer) restartWith(o options) error {
	var args []string
	for _, set := range o.settings {
		args = append(args, "--"+set.name)
		if set.value != "" {
			args = append(args, set.value)
		}
	}
	if a := o.authority; a != nil {
		cert, key, err := a.server(s.dir, account{})
		if err != nil {
			return err
		}
		args = append(args, "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-file", filepath.Join(s.dir, "ca.pem"))
		s.tls = true
	}
	if args == nil {
		return nil
	}
	s.mu.Lock()
	err := s.stop()
	s.daemons[0].args = append(s.daemons[0].args, args...)
	if err == nil {
		err = s.start()
	}
	s.mu.Unlock()
	if err != nil {
		log := s.Log()
		return fmt.Errorf("%s: %w: %w\n%s", s.name, err, bury(s.Server), log)
	}
	return nil
}

// secantusVersion is in the name of a folder: asking the program takes seconds.
func secantusVersion(bin string) string {
	found, _ := filepath.Glob(filepath.Join(filepath.Dir(bin), "lib", "*", "site-packages", "secantusdb-*.dist-info"))
	if len(found) == 0 {
		return "?"
	}
	name := filepath.Base(found[0])
	return name[len("secantusdb-") : len(name)-len(".dist-info")]
}

// URL is where a database is, for a user with Password, or for nobody if user
// is empty. It names the one server, so that a Proxy may take its place.
func (s *SecantusServer) URL(user, database string) string {
	who := ""
	if user != "" {
		who = user + ":" + Password + "@"
	}
	return "mongodb://" + who + s.addr + "/" + database + "?directConnection=true&authSource=admin"
}

// Database returns the name of a database that nobody uses: it is made by the
// first write, and dropped at the end of the test.
func (s *SecantusServer) Database(t testing.TB) string {
	t.Helper()
	name := unique(t.Name())
	t.Cleanup(func() {
		if keep() {
			t.Logf("database %s stays on %s", name, s.addr)
			return
		}
		ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
		defer cancel()
		// A server that is down, or asks for a user, is this test's own and goes
		// with its data.
		if err := s.command(ctx, name, bsonNumber("dropDatabase", 1)); err != nil && s.shared {
			t.Errorf("drop database %s: %v", name, err)
		}
	})
	return name
}
