package kafka_test

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/kafka"
)

// The test binary runs itself as another process of the group, to be killed or
// frozen. The address comes in the environment.
const childVariable = "RECIBO_TEST_CHILD"

func TestMain(m *testing.M) {
	if address := os.Getenv(childVariable); address != "" {
		if err := runChild(address); err != nil {
			fmt.Println("error", err)
			os.Exit(1)
		}
		return
	}
	flag.Parse()
	if own := flag.Lookup("test.parallel"); own.Value.String() == own.DefValue {
		_ = own.Value.Set("8") // these tests wait more than they work
	}
	os.Exit(testserver.Main(m))
}

// runChild receives and acks until it is killed. It says on stdout what it has,
// before it acks that: as a recorder commits.
func runChild(address string) error {
	ctx := context.Background()
	b, err := kafka.Dial(ctx, address, kafka.Options{})
	if err != nil {
		return err
	}
	s, err := b.Source(ctx, queue.Want{Messages: 200})
	if err != nil {
		return err
	}
	fmt.Println("ready")
	for {
		ds, err := s.Receive(ctx, 50)
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		var line strings.Builder
		for _, d := range ds {
			line.WriteString(" " + d.ID)
		}
		fmt.Println("got" + line.String())
		time.Sleep(20 * time.Millisecond)
		_ = s.Ack(ctx, ds)
	}
}

// child is another member of the group.
type child struct {
	cmd   *exec.Cmd
	ready chan struct{}
	ended chan struct{}

	mu   sync.Mutex
	got  map[string]int
	said string // an error
}

// spawn starts a child and waits until it is a member.
func spawn(t *testing.T, address string) *child {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{cmd: exec.Command(exe), ready: make(chan struct{}), ended: make(chan struct{}), got: map[string]int{}}
	c.cmd.Env = append(os.Environ(), childVariable+"="+address)
	c.cmd.Stderr = os.Stderr
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(c.ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			c.heard(s.Text())
		}
	}()
	t.Cleanup(c.kill)
	select {
	case <-c.ready:
	case <-c.ended:
		t.Fatalf("child: %s", c.said)
	}
	return c
}

func (c *child) heard(line string) {
	word, rest, _ := strings.Cut(line, " ")
	c.mu.Lock()
	defer c.mu.Unlock()
	switch word {
	case "ready":
		close(c.ready)
	case "got":
		for id := range strings.FieldsSeq(rest) {
			c.got[id]++
		}
	default:
		c.said = line
	}
}

// has is what the child ever received.
func (c *child) has() map[string]int {
	c.mu.Lock()
	defer c.mu.Unlock()
	copied := make(map[string]int, len(c.got))
	for id, n := range c.got {
		copied[id] = n
	}
	return copied
}

func (c *child) signal(t *testing.T, s syscall.Signal) {
	t.Helper()
	if err := c.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

// kill ends the child with SIGKILL, frozen or not.
func (c *child) kill() {
	_ = c.cmd.Process.Kill()
	<-c.ended
	_ = c.cmd.Wait()
}
