package rabbitmq_test

import (
	"encoding/binary"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// counter passes bytes on and counts the acks among the frames to the server.
type counter struct {
	target string
	acks   atomic.Int64
	addr   string
	wait   sync.WaitGroup
}

func countAcks(t *testing.T, target string) *counter {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &counter{target: target, addr: l.Addr().String()}
	c.wait.Go(func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			c.wait.Go(func() { c.pass(client) })
		}
	})
	t.Cleanup(func() { _ = l.Close(); c.wait.Wait() })
	return c
}

func (c *counter) pass(client net.Conn) {
	defer client.Close()
	server, err := net.Dial("tcp", c.target)
	if err != nil {
		return
	}
	defer server.Close()
	c.wait.Go(func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	})
	tee := io.TeeReader(client, server)
	if _, err := io.CopyN(io.Discard, tee, int64(len("AMQP0091"))); err != nil {
		return
	}
	for c.frame(tee) == nil {
		continue
	}
}

const (
	methodFrame = 1
	basicAck    = 60<<16 | 80 // class and method
)

func (c *counter) frame(r io.Reader) error {
	var head [7]byte
	if _, err := io.ReadFull(r, head[:]); err != nil {
		return err
	}
	payload := make([]byte, binary.BigEndian.Uint32(head[3:])+1)
	if _, err := io.ReadFull(r, payload); err != nil {
		return err
	}
	if head[0] == methodFrame && binary.BigEndian.Uint32(payload) == basicAck {
		c.acks.Add(1)
	}
	return nil
}
