package testserver_test

import (
	"bytes"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"recibo/internal/testserver"
)

func struck(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// expectStruck waits for a trigger.
func expectStruck(t rapid.TB, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(5 * time.Second):
		t.Fatal("it did not strike")
	}
}

func TestTriggers(t *testing.T) {
	t.Parallel()
	pattern := []byte("commit")
	for name, c := range map[string]struct {
		trigger testserver.Trigger
		sent    []string // one after another, each when the echo of the last is there
		server  string   // what it got
		client  string   // what came back at most: a reset may overtake an answer
	}{
		"before": {
			testserver.Trigger{Direction: testserver.ToServer, Pattern: pattern, When: testserver.Before},
			[]string{"begin;", "insert; commit;"}, "begin;insert; ", "begin;insert; ",
		},
		"after": {
			testserver.Trigger{Direction: testserver.ToServer, Pattern: pattern, When: testserver.After},
			[]string{"begin;", "insert; commit;"}, "begin;insert; commit;", "begin;insert; commit;",
		},
		"after the reply": {
			testserver.Trigger{Direction: testserver.ToServer, Pattern: pattern, When: testserver.AfterReply},
			[]string{"begin;", "insert; commit;"}, "begin;insert; commit;", "begin;",
		},
		"after this reply": {
			testserver.Trigger{Direction: testserver.ToServer, Pattern: pattern, When: testserver.AfterReply, Reply: []byte("done")},
			[]string{"begin;", "commit;", "more;", "is done."}, "begin;commit;more;is done.", "begin;commit;more;is ",
		},
		"in the answer": {
			testserver.Trigger{Direction: testserver.ToClient, Pattern: pattern, When: testserver.Before},
			[]string{"begin;", "commit;"}, "begin;commit;", "begin;",
		},
		"the third": {
			testserver.Trigger{Direction: testserver.ToServer, Pattern: pattern, Skip: 2, When: testserver.Before},
			[]string{"commit;", "commit;a commit;"}, "commit;commit;a ", "commit;commit;a ",
		},
		"bytes": {
			testserver.Trigger{Direction: testserver.ToServer, Bytes: 8},
			[]string{"0123", "456789"}, "01234567", "01234567",
		},
		"bytes of the answer": {
			testserver.Trigger{Direction: testserver.ToClient, Bytes: 8},
			[]string{"0123", "4567"}, "01234567", "01234567",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			e := newEcho(t)
			p := testserver.NewProxy(t, e.addr)
			c1, other := dial(t, p), dial(t, p)
			before := strings.Join(c.sent[:len(c.sent)-1], "")
			hit := p.CutWhen(c.trigger)
			for _, text := range c.sent[:len(c.sent)-1] {
				send(t, c1, text)
				expect(t, c1, text)
			}
			if struck(hit) {
				t.Error("it struck too early")
			}
			send(t, c1, c.sent[len(c.sent)-1])
			if got := before + expectReset(t, c1); !strings.HasPrefix(c.client, got) {
				t.Errorf("the client got %q, want at most %q", got, c.client)
			}
			expectStruck(t, hit)
			if got := <-e.got; got != c.server {
				t.Errorf("the server got %q, want %q", got, c.server)
			}
			// It struck once, and nobody else.
			send(t, other, "commit;commit;commit;")
			expect(t, other, "commit;commit;commit;")
		})
	}
}

// The first connection ends before the answer comes; the second has it.
func TestTriggerWaitsForTheNext(t *testing.T) {
	t.Parallel()
	e := newEcho(t)
	p := testserver.NewProxy(t, e.addr)
	hit := p.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("commit"),
		When: testserver.AfterReply, Reply: []byte("done")})
	first := dial(t, p)
	send(t, first, "commit")
	expect(t, first, "commit")
	first.Close()
	await(t, "no connection", func() bool { return p.Connections() == 0 })
	second := dial(t, p)
	send(t, second, "done")
	expect(t, second, "done")
	if struck(hit) {
		t.Error("it struck without its pattern")
	}
	send(t, second, "commit")
	expect(t, second, "commit")
	send(t, second, "done")
	expectReset(t, second)
	expectStruck(t, hit)
}

func TestRestoreDisarms(t *testing.T) {
	t.Parallel()
	p := testserver.NewProxy(t, newEcho(t).addr)
	hit := p.CutWhen(testserver.Trigger{Direction: testserver.Both, Pattern: []byte("x")})
	p.Restore()
	c := dial(t, p)
	send(t, c, "x")
	expect(t, c, "x")
	if struck(hit) {
		t.Error("it struck after Restore")
	}
}

// However the bytes are cut into chunks, the server gets less than the whole of
// the match that strikes, and everything before it.
func TestTriggerAcrossChunks(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(r *rapid.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			r.Fatal(err)
		}
		defer l.Close()
		text := rapid.StringMatching(`[ab]{0,30}`).Draw(r, "text")
		pattern := rapid.StringMatching(`[ab]{1,4}`).Draw(r, "pattern")
		skip := rapid.IntRange(0, 3).Draw(r, "skip")
		p := testserver.NewProxy(t, l.Addr().String())
		defer p.Cut()
		hit := p.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(pattern), Skip: skip})
		c := dial(t, p)
		s, err := l.Accept()
		if err != nil {
			r.Fatal(err)
		}
		defer s.Close()
		var got bytes.Buffer
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(r, "chunk")
			if _, err := io.WriteString(c, rest[:n]); err != nil {
				break // it has struck
			}
			want := got.Len() + n
			_ = s.SetReadDeadline(time.Now().Add(5 * time.Second))
			part := make([]byte, n)
			m, _ := io.ReadFull(s, part)
			got.Write(part[:m])
			if rest = rest[n:]; got.Len() < want {
				break
			}
		}
		at := place(text, pattern, skip)
		if at < 0 {
			if struck(hit) || got.String() != text {
				r.Fatalf("struck %v, the server got %q of %q", struck(hit), &got, text)
			}
			return
		}
		expectStruck(r, hit)
		if n := got.Len(); n < at || n >= at+len(pattern) || got.String() != text[:n] {
			r.Fatalf("the server got %q of %q, which strikes at %d", &got, text, at)
		}
	})
}

// place is where the match after skip others begins, or -1.
func place(text, pattern string, skip int) int {
	for from := 0; ; skip-- {
		at := strings.Index(text[from:], pattern)
		if at < 0 {
			return -1
		}
		if skip == 0 {
			return from + at
		}
		from += at + len(pattern)
	}
}
