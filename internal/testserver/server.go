package testserver

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// logTail is how much of a log is worth showing.
const logTail = 8 << 10

// Server is a real server on loopback, with what can be done to it. A shared
// one must not be hurt: the methods that do so fail the test.
type Server struct {
	name, version string
	addr, tlsAddr string
	dir, data     string   // its folder, with configuration and log; that of its data
	daemons       []daemon // in the order of their start
	// answers asks once; ready may ask for more, and is true later.
	answers, ready func(context.Context) error
	undo           func() // removes what it has outside of its folders; may be nil

	shared    bool
	announced []int // the processes of a server that somebody else started

	mu      sync.Mutex
	running []*process
	frozen  []int
	release func()        // calls off the guard of frozen
	spent   time.Duration // by processes that have ended
}

// Addr is 127.0.0.1:port, the same after a restart.
func (s *Server) Addr() string { return s.addr }

// TLSAddr is where the server speaks TLS; for PostgreSQL that is Addr.
func (s *Server) TLSAddr() string { return s.tlsAddr }

// Version is what the server says of itself, like 15.18.
func (s *Server) Version() string { return s.version }

// Proxy puts a fault proxy in front of Addr, closed at the end of the test.
func (s *Server) Proxy(t testing.TB) *Proxy {
	t.Helper()
	return NewProxy(t, s.addr)
}

// Answers asks the server once, and returns nil if it answered in time.
func (s *Server) Answers(within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return s.answers(ctx)
}

// Start starts the server again, after Stop or Kill, and waits until it
// answers.
func (s *Server) Start(t testing.TB) { t.Helper(); s.hurt(t, s.start) }

// Stop ends the server politely and waits for its end. A frozen one is thawed
// for it.
func (s *Server) Stop(t testing.TB) { t.Helper(); s.hurt(t, s.stop) }

// Restart is Stop and Start.
func (s *Server) Restart(t testing.TB) { t.Helper(); s.Stop(t); s.Start(t) }

// Kill ends all processes of the server with SIGKILL and waits until they are
// gone.
func (s *Server) Kill(t testing.TB) { t.Helper(); s.hurt(t, s.kill) }

// Freeze stops all processes of the server with SIGSTOP. Its connections stay
// open and new ones are taken by the kernel, but nothing answers.
func (s *Server) Freeze(t testing.TB) { t.Helper(); s.hurt(t, s.freeze) }

// Thaw lets a frozen server go on.
func (s *Server) Thaw(t testing.TB) { t.Helper(); s.hurt(t, s.thaw) }

func (s *Server) hurt(t testing.TB, do func() error) {
	t.Helper()
	if s.shared {
		t.Fatalf("%s is shared: use New%s for a server to be hurt", s.name, strings.ReplaceAll(s.name, "PostgreSQL", "Postgres"))
	}
	s.mu.Lock()
	err := do()
	s.mu.Unlock()
	if err != nil {
		t.Fatalf("%s: %v\n%s", s.name, err, s.Log())
	}
}

// CPU is the time, user and system, that all processes of the server have
// taken so far, those that have ended included. It counts in steps of 10 ms.
func (s *Server) CPU() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.spent + s.spending()
}

// Resident is the memory of all processes of the server in bytes; what they
// share is counted once.
func (s *Server) Resident() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return resident(s.roots()...)
}

// Log is the end of the server's log.
func (s *Server) Log() string {
	text, err := os.ReadFile(filepath.Join(s.dir, "log"))
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-logTail):])
}
