package testserver_test

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"recibo/internal/testserver"
)

// echo is a plain TCP server that sends everything back, and notes it.
type echo struct {
	addr string
	got  chan string // everything that a connection received, once it has ended
}

func newEcho(t *testing.T) *echo {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	e := &echo{addr: l.Addr().String(), got: make(chan string, 100)}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				var got bytes.Buffer
				_, _ = io.Copy(c, io.TeeReader(c, &got))
				e.got <- got.String()
			}()
		}
	}()
	return e
}

func dial(t *testing.T, p *testserver.Proxy) *net.TCPConn {
	t.Helper()
	c, err := net.Dial("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func send(t *testing.T, c net.Conn, text string) {
	t.Helper()
	if _, err := c.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, c net.Conn, text string) {
	t.Helper()
	got := make([]byte, len(text))
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	if n, err := io.ReadFull(c, got); err != nil || string(got) != text {
		t.Fatalf("got %q and %v, want %q", got[:n], err, text)
	}
}

// expectNothing is for a connection that stays open and silent.
func expectNothing(t *testing.T, c net.Conn) {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(100 * time.Millisecond))
	var timeout net.Error
	if n, err := c.Read(make([]byte, 1)); n != 0 || !errors.As(err, &timeout) || !timeout.Timeout() {
		t.Fatalf("got %d bytes and %v, want nothing", n, err)
	}
}

// expectReset reads to a TCP reset and returns what came before it.
func expectReset(t *testing.T, c net.Conn) string {
	t.Helper()
	_ = c.SetReadDeadline(time.Now().Add(5 * time.Second))
	got, err := io.ReadAll(c)
	if !errors.Is(err, syscall.ECONNRESET) {
		t.Fatalf("got %q and %v, want a reset", got, err)
	}
	return string(got)
}

func TestProxyForwards(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	t.Run("", func(t *testing.T) { // ends before the check
		e := newEcho(t)
		p := testserver.NewProxy(t, e.addr)
		text := strings.Repeat("0123456789abcdef", 1<<16)
		c := dial(t, p)
		go func() {
			_, _ = io.WriteString(c, text)
			_ = c.CloseWrite()
		}()
		got, err := io.ReadAll(c)
		if err != nil || string(got) != text {
			t.Errorf("%d of %d bytes came back, %v", len(got), len(text), err)
		}
		if got := <-e.got; got != text {
			t.Error("the server got something else")
		}
		await(t, "no connection", func() bool { return p.Connections() == 0 })
		open := dial(t, p)
		send(t, open, "a")
		expect(t, open, "a")
		if n := p.Connections(); n != 1 {
			t.Errorf("%d connections", n)
		}
		p.Stall(testserver.Both) // the end must not wait for it
		send(t, open, "b")
	})
}

func await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: not within 5 s", what)
}

func TestProxyCutsAndDrops(t *testing.T) {
	t.Parallel()
	p := testserver.NewProxy(t, newEcho(t).addr)
	a, b := dial(t, p), dial(t, p)
	for _, c := range []net.Conn{a, b} {
		send(t, c, "x")
		expect(t, c, "x")
	}
	p.Drop()
	expectReset(t, a)
	expectReset(t, b)
	c := dial(t, p)
	send(t, c, "y")
	expect(t, c, "y")
	p.Cut()
	expectReset(t, c)
	if _, err := net.Dial("tcp", p.Addr()); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("a new connection: %v, want refused", err)
	}
	p.Cut() // again: no harm
	p.Restore()
	d := dial(t, p)
	send(t, d, "z")
	expect(t, d, "z")
}

func TestProxyTargetDown(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	p := testserver.NewProxy(t, l.Addr().String())
	l.Close()
	if c, err := net.Dial("tcp", p.Addr()); err == nil { // it may be reset that early
		expectReset(t, c)
		c.Close()
	} else if !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("got %v, want a reset", err)
	}
	await(t, "no connection", func() bool { return p.Connections() == 0 })
}

func TestProxyStalls(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		direction testserver.Direction
		arrives   bool // at the server
	}{
		"to server": {testserver.ToServer, false},
		"to client": {testserver.ToClient, true},
		"both":      {testserver.Both, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			p := testserver.NewProxy(t, e.addr)
			old, ending := dial(t, p), dial(t, p)
			send(t, old, "a")
			expect(t, old, "a")
			send(t, ending, "a")
			expect(t, ending, "a")
			p.Stall(c.direction)
			young := dial(t, p) // is taken
			send(t, young, "b")
			send(t, old, "b")
			_ = old.CloseWrite()
			expectNothing(t, old)
			expectNothing(t, young)
			select {
			case got := <-e.got:
				if !c.arrives || got != "ab" {
					t.Errorf("the server got %q", got)
				}
			default:
				if c.arrives {
					t.Error("nothing arrived at the server")
				}
			}
			_ = ending.CloseWrite()
			expectNothing(t, ending) // not even the end of the stream
			if n := p.Connections(); n != 3 {
				t.Errorf("%d connections, want all", n)
			}
			p.Restore()
			expect(t, old, "b")
			expect(t, young, "b")
		})
	}
}

func TestProxyDelays(t *testing.T) {
	t.Parallel()
	p := testserver.NewProxy(t, newEcho(t).addr)
	c := dial(t, p)
	p.Delay(100 * time.Millisecond)
	began := time.Now()
	send(t, c, "a")
	expect(t, c, "a")
	if took := time.Since(began); took < 200*time.Millisecond {
		t.Errorf("there and back took %v", took)
	}
	p.Delay(time.Hour)
	send(t, c, "b")
	expectNothing(t, c)
	p.Restore()
	expect(t, c, "b")
}

func TestProxyBandwidth(t *testing.T) {
	t.Parallel()
	p := testserver.NewProxy(t, newEcho(t).addr)
	c := dial(t, p)
	p.Bandwidth(100_000)
	began := time.Now()
	text := strings.Repeat("x", 50_000)
	send(t, c, text)
	expect(t, c, text)
	if took := time.Since(began); took < 400*time.Millisecond || took > 2*time.Second {
		t.Errorf("50 kB at 100 kB/s took %v", took)
	}
	p.Restore()
	began = time.Now()
	text = strings.Repeat("y", 500_000)
	go func() { _, _ = io.WriteString(c, text) }()
	expect(t, c, text)
	if took := time.Since(began); took > 2*time.Second {
		t.Errorf("unlimited, it took %v", took)
	}
}
