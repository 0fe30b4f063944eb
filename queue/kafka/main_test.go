package kafka_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/kafka"
	"recibo/queue/queuetest"
)

func TestMain(m *testing.M) {
	queuetest.RunChild(runChild)
	flag.Parse()
	if own := flag.Lookup("test.parallel"); own.Value.String() == own.DefValue {
		_ = own.Value.Set("8") // these tests wait more than they work
	}
	os.Exit(testserver.Main(m))
}

// runChild receives and acks until it is killed. It says on stdout what it has,
// before it acks that: as a recorder commits.
func runChild(ctx context.Context, _, address string) error {
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
	*queuetest.Child
	ended chan struct{}

	mu  sync.Mutex
	got map[string]int
}

// spawn starts a child and waits until it is a member.
func spawn(t *testing.T, address string) *child {
	t.Helper()
	c := &child{Child: queuetest.Spawn(t, "record", address), ended: make(chan struct{}), got: map[string]int{}}
	go func() {
		defer close(c.ended)
		for line := range c.Lines() {
			c.heard(line)
		}
	}()
	return c
}

func (c *child) heard(line string) {
	word, rest, _ := strings.Cut(line, " ")
	if word != "got" {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for id := range strings.FieldsSeq(rest) {
		c.got[id]++
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
	if err := c.Process().Signal(s); err != nil {
		t.Fatal(err)
	}
}

// kill ends the child with SIGKILL, frozen or not, once all is heard.
func (c *child) kill(t *testing.T) {
	t.Helper()
	c.signal(t, syscall.SIGKILL)
	<-c.ended
}
