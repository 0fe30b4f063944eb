package queuetest

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"

	"recibo/queue"
)

// A child is told in its environment what to do, and where.
const (
	roleVariable    = "RECIBO_TEST_CHILD"
	addressVariable = "RECIBO_TEST_ADDRESS"
)

// Child is the test binary, run again as another process on the same queue, to
// be killed.
type Child struct {
	cmd   *exec.Cmd
	lines chan string
}

// RunChild is for TestMain. In a process that Spawn started it runs play, which
// says on stdout how far it is, "ready" first, and does not return.
func RunChild(play func(ctx context.Context, role, address string) error) {
	role := os.Getenv(roleVariable)
	if role == "" {
		return
	}
	if err := play(context.Background(), role, os.Getenv(addressVariable)); err != nil {
		_, _ = fmt.Fprintln(os.Stdout, "error", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// Play is what a child can do with any queue until it is killed: "hold" what
// there is and say how much it holds, or "publish" and say how many messages
// the queue has accepted.
func Play(ctx context.Context, b queue.Broker, role string) error {
	say := func(words ...any) { _, _ = fmt.Fprintln(os.Stdout, words...) }
	say("ready")
	switch role {
	case "hold":
		s, err := b.Source(ctx, queue.Want{Messages: 1000})
		if err != nil {
			return err
		}
		for held := 0; ; {
			ds, err := s.Receive(ctx, 1000)
			if err != nil {
				return err
			}
			held += len(ds)
			say("held", held)
		}
	case "publish":
		p, err := b.Publisher(ctx)
		if err != nil {
			return err
		}
		for n := 0; ; n += 10 {
			if err := p.Publish(ctx, Numbered(n, n+10)); err != nil {
				return err
			}
			say("accepted", n+10)
		}
	}
	return fmt.Errorf("no role %q", role)
}

// Spawn starts a child, waits until it is ready, and kills it at the end of the
// test.
func Spawn(t testing.TB, role, address string) *Child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &Child{cmd: exec.Command(exe), lines: make(chan string, 1<<16)}
	c.cmd.Env = append(os.Environ(), roleVariable+"="+role, addressVariable+"="+address)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.lines <- s.Text()
		}
	}()
	t.Cleanup(func() { c.Kill() })
	c.Until(t, "ready", 0)
	return c
}

// Lines are what the child says, closed when it has ended.
func (c *Child) Lines() <-chan string { return c.lines }

// Process is the child's.
func (c *Child) Process() *os.Process { return c.cmd.Process }

// Until waits for a line of that word with at least that number.
func (c *Child) Until(t testing.TB, word string, least int) int {
	t.Helper()
	for line := range c.lines {
		said, number, _ := strings.Cut(line, " ")
		if said == "error" {
			t.Fatalf("child: %s", line)
		}
		if n, _ := strconv.Atoi(number); said == word && n >= least {
			return n
		}
	}
	t.Fatalf("child ended before %s %d", word, least)
	return 0
}

// Kill ends the child with SIGKILL and returns the last number that it said.
func (c *Child) Kill() int {
	_ = c.cmd.Process.Kill()
	last := 0
	for line := range c.lines {
		_, number, _ := strings.Cut(line, " ")
		if n, err := strconv.Atoi(number); err == nil {
			last = n
		}
	}
	_ = c.cmd.Wait()
	return last
}
