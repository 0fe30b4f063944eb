package testserver

import (
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"
)

// Main runs the tests of a package and then stops every server that they
// started. Its result is the exit code:
//
//	func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }
func Main(m interface{ Run() int }) int {
	code := m.Run()
	if err := stopAll(); err != nil {
		say("%v", err)
		code = max(code, 1)
	}
	return code
}

// living are the servers that this process has to remove.
var living struct {
	sync.Mutex
	servers map[*Server]bool
}

func born(s *Server) {
	living.Lock()
	defer living.Unlock()
	if living.servers == nil {
		living.servers = map[*Server]bool{}
	}
	living.servers[s] = true
}

// bury removes a server, once.
func bury(s *Server) error {
	living.Lock()
	mine := living.servers[s]
	delete(living.servers, s)
	living.Unlock()
	if !mine {
		return nil
	}
	return s.remove()
}

// stopAll removes all servers of this process and its folder.
func stopAll() error {
	living.Lock()
	var all []*Server
	for s := range living.servers {
		all = append(all, s)
	}
	living.Unlock()
	var errs []error
	for _, s := range all {
		errs = append(errs, bury(s))
	}
	if len(all) > 0 || folders.Load() > 0 {
		if dir, err := home(); err == nil && !keep() {
			errs = append(errs, os.RemoveAll(dir))
		}
	}
	return errors.Join(errs...)
}

// keep tells whether folders, databases and virtual hosts stay for a person to
// look at.
func keep() bool { return os.Getenv("RECIBO_TEST_KEEP") != "" }

// Postgres is the shared PostgreSQL: announced in RECIBO_TEST_SERVERS, else one
// for this process, started at the first call. It does not fsync.
func Postgres(t testing.TB) *PostgresServer {
	t.Helper()
	return get(t, sharedPostgres)
}

// RabbitMQ is the shared RabbitMQ: announced in RECIBO_TEST_SERVERS, else one
// for this process, started at the first call.
func RabbitMQ(t testing.TB) *RabbitServer {
	t.Helper()
	return get(t, sharedRabbit)
}

var sharedPostgres = sync.OnceValues(func() (*PostgresServer, error) {
	a, err := readAnnouncement()
	if err := firstError(err, a.Postgres.err()); err != nil {
		return nil, err
	}
	s := &PostgresServer{}
	s.Server = a.Postgres.server("PostgreSQL", func(base *Server) { s.Server = base; s.wire() })
	if s.Server == nil {
		return startPostgres(options{}, true)
	}
	s.psql, err = program("psql")
	return s, err
})

var sharedRabbit = sync.OnceValues(func() (*RabbitServer, error) {
	a, err := readAnnouncement()
	if err := firstError(err, a.RabbitMQ.err()); err != nil {
		return nil, err
	}
	s := &RabbitServer{management: a.RabbitMQ.Management, control: a.RabbitMQ.Control}
	s.Server = a.RabbitMQ.server("RabbitMQ", func(base *Server) { s.Server = base; s.wire() })
	if s.Server == nil {
		return startRabbit(options{}, true)
	}
	return s, nil
})

const answerTimeout = 5 * time.Second

// get skips the test if the server cannot be had, and fails it if it is there
// and does not run.
func get[S any](t testing.TB, start func() (S, error)) S {
	t.Helper()
	s, err := start()
	if m := (*missingError)(nil); errors.As(err, &m) {
		t.Skip(m.reason)
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// NewPostgres starts a PostgreSQL for this test alone. It fsyncs.
func NewPostgres(t testing.TB, list ...Option) *PostgresServer {
	t.Helper()
	s := get(t, func() (*PostgresServer, error) { return startPostgres(collect(list), false) })
	private(t, s.Server)
	return s
}

// NewRabbitMQ starts a RabbitMQ for this test alone.
func NewRabbitMQ(t testing.TB, list ...Option) *RabbitServer {
	t.Helper()
	s := get(t, func() (*RabbitServer, error) { return startRabbit(collect(list), false) })
	private(t, s.Server)
	return s
}

// private removes s at the end of the test, and shows its log if that failed.
func private(t testing.TB, s *Server) {
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the end of the log of %s:\n%s", s.name, s.Log())
		}
		if err := bury(s); err != nil {
			t.Errorf("%s: %v", s.name, err)
		}
	})
}

// launch starts a new server, or removes what there is of it. It tells how long
// that took since its preparation began.
func launch(s *Server, began time.Time) error {
	born(s)
	s.mu.Lock()
	err := s.start()
	s.mu.Unlock()
	if err != nil {
		log := s.Log()
		return fmt.Errorf("%s: %w\n%s", s.name, errors.Join(err, bury(s)), log)
	}
	kind := "private"
	if s.shared {
		kind = "shared"
	}
	say("%s %s (%s) on %s in %v", s.name, s.version, kind, s.addr, time.Since(began).Round(10*time.Millisecond))
	return nil
}

func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "testserver: "+format+"\n", args...)
}
