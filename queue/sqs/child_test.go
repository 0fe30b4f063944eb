package sqs_test

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
	"recibo/queue/sqs"
)

// The test binary runs itself as another process on the same queue, to be
// killed. The role and the address come in the environment.
const (
	roleVariable    = "RECIBO_TEST_CHILD"
	addressVariable = "RECIBO_TEST_ADDRESS"
)

// runChild says on stdout how far it is, one line each, until it is killed.
func runChild(role, address string) error {
	ctx := context.Background()
	b, err := sqs.Dial(ctx, address, sqs.Options{})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	switch role {
	case "hold": // everything there is, unacked
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
			fmt.Println("held", held)
		}
	case "publish": // ten at a time; says what the queue has accepted
		p, err := b.Publisher(ctx)
		if err != nil {
			return err
		}
		for n := 0; ; n += 10 {
			if err := p.Publish(ctx, numbered(n, n+10)); err != nil {
				return err
			}
			fmt.Println("accepted", n+10)
		}
	}
	return fmt.Errorf("no role %q", role)
}

type child struct {
	cmd   *exec.Cmd
	lines chan string
}

// spawn starts a child and waits until it is connected.
func spawn(t *testing.T, role, address string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(exe), lines: make(chan string, 1<<16)}
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
	t.Cleanup(func() { c.kill() })
	c.until(t, "ready", 0)
	return c
}

// until waits for a line of that word with at least that number.
func (c *child) until(t *testing.T, word string, least int) int {
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

// kill ends the child with SIGKILL and returns the last number that it said.
func (c *child) kill() int {
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
