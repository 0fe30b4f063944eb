package connpool_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"recibo/store/connpool"
)

// conn is a connection to a server that remembers what it was asked.
type conn struct {
	connpool.Stay
	id        int
	pingError error
	broken    bool
	ended     atomic.Bool
}

func (c *conn) Ping(context.Context) error { return c.pingError }
func (c *conn) IsReusable() bool           { return !c.broken }
func (c *conn) End()                       { c.ended.Store(true) }

// server makes connections, or does not while failing is set.
type server struct {
	mu      sync.Mutex
	made    int
	lost    [][]string // of each connection
	failing error
}

func (s *server) dial(_ context.Context, lost []string) (*conn, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lost = append(s.lost, lost)
	if s.failing != nil {
		return nil, s.failing
	}
	s.made++
	return &conn{id: s.made}, nil
}

func take(t *testing.T, p *connpool.Pool[*conn, string]) *conn {
	t.Helper()
	c, err := p.Take(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func awaitEnd(t *testing.T, cs ...*conn) {
	t.Helper()
	for _, c := range cs {
		for deadline := time.Now().Add(10 * time.Second); !c.ended.Load(); time.Sleep(time.Millisecond) {
			if time.Now().After(deadline) {
				t.Fatalf("connection %d is kept open", c.id)
			}
		}
	}
}

// TestReuse hands the connection used last out again, but none that is broken.
func TestReuse(t *testing.T) {
	p := connpool.New(2, new(server).dial)
	first, second := take(t, p), take(t, p)
	p.Put(first)
	p.Put(second)
	if c := take(t, p); c != second || !c.WasIdle {
		t.Errorf("connection %d, was idle %t", c.id, c.WasIdle)
	}
	second.broken = true
	p.Put(second)
	awaitEnd(t, second)
	if c := take(t, p); c != first || first.ended.Load() {
		t.Errorf("connection %d, ended %t", c.id, first.ended.Load())
	}
	if c := take(t, p); c.id != 3 || c.WasIdle {
		t.Errorf("connection %d, was idle %t", c.id, c.WasIdle)
	}
}

// TestForget drops what is idle in all pools of a store, and what is out when it
// comes back.
func TestForget(t *testing.T) {
	s := new(server)
	readers := connpool.New(2, s.dial)
	writers := connpool.New(2, s.dial, readers)
	idle, out, read := take(t, writers), take(t, writers), take(t, readers)
	writers.Put(idle)
	readers.Put(read)
	writers.Forget()
	awaitEnd(t, idle, read)
	writers.Put(out)
	awaitEnd(t, out)
	if c := take(t, readers); c.id != 4 {
		t.Errorf("connection %d", c.id)
	}
}

// TestStale: one that lay idle and does not answer takes all others with it.
func TestStale(t *testing.T) {
	p := connpool.New(2, new(server).dial)
	answers, gone := take(t, p), take(t, p)
	gone.pingError = errors.New("gone")
	p.Put(answers)
	p.Put(gone)
	time.Sleep(1100 * time.Millisecond)
	if c := take(t, p); c.id != 3 {
		t.Errorf("connection %d", c.id)
	}
	awaitEnd(t, answers, gone)
}

// TestLost: the next connection that comes to be ends lost sessions, once.
func TestLost(t *testing.T) {
	s := &server{failing: errors.New("refused")}
	p := connpool.New(1, s.dial)
	p.Lose("a")
	if _, err := p.Take(t.Context()); !errors.Is(err, s.failing) {
		t.Fatalf("got %v", err)
	}
	s.failing = nil
	take(t, p) // the failure has given its place back
	if _, err := p.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := [][]string{{"a"}, {"a"}, nil}; !slices.EqualFunc(s.lost, want, slices.Equal) {
		t.Errorf("dialed to end %q, want %q", s.lost, want)
	}
}

// TestTakeWaits for a place as long as its context lasts, and not in vain.
func TestTakeWaits(t *testing.T) {
	p := connpool.New(1, new(server).dial)
	c := take(t, p)
	why := errors.New("why")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(why)
	if _, err := p.Take(ctx); !errors.Is(err, why) {
		t.Errorf("got %v", err)
	}
	time.AfterFunc(10*time.Millisecond, func() { p.Put(c) })
	if again := take(t, p); again != c {
		t.Errorf("connection %d", again.id)
	}
}

// TestClose waits for what is out, and lets nothing out any more.
func TestClose(t *testing.T) {
	p := connpool.New(2, new(server).dial)
	idle, out := take(t, p), take(t, p)
	p.Put(idle)
	var back atomic.Bool
	time.AfterFunc(50*time.Millisecond, func() {
		back.Store(true)
		p.Put(out)
	})
	if p.Close(); !back.Load() || !idle.ended.Load() {
		t.Errorf("closed while a connection is out: %t, idle one ended: %t", !back.Load(), idle.ended.Load())
	}
	awaitEnd(t, out)
	if _, err := p.Take(t.Context()); err == nil || err.Error() != "the store is closed" {
		t.Errorf("got %v", err)
	}
}
