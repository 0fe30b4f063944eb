package mysql_test

import (
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
)

// detour is another way to a server. Told to, it keeps from the server what
// its clients say, and that they are gone, as a network that lost a machine
// does.
type detour struct {
	addr string

	mu   sync.Mutex
	legs []*leg
}

// leg is one connection.
type leg struct {
	client, server net.Conn
	orphaned       atomic.Bool
}

func newDetour(t *testing.T, to, from string) *detour {
	t.Helper()
	l, err := net.Listen("tcp", from)
	if err != nil {
		t.Skipf("this machine has one loopback address only: %v", err)
	}
	t.Cleanup(func() { _ = l.Close() })
	d := &detour{addr: l.Addr().String()}
	go func() {
		for {
			client, err := l.Accept()
			if err != nil {
				return
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				_ = client.Close()
				continue
			}
			t.Cleanup(func() { _ = server.Close() })
			k := &leg{client: client, server: server}
			d.mu.Lock()
			d.legs = append(d.legs, k)
			d.mu.Unlock()
			go k.there()
			go k.back()
		}
	}()
	return d
}

// orphan has the server hear no more of all that are connected now.
func (d *detour) orphan() {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, k := range d.legs {
		k.orphaned.Store(true)
	}
}

func (k *leg) there() {
	buffer := make([]byte, 32<<10)
	for {
		n, err := k.client.Read(buffer)
		if k.orphaned.Load() {
			n = 0
		}
		if _, writeErr := k.server.Write(buffer[:n]); err != nil || writeErr != nil {
			break
		}
	}
	if !k.orphaned.Load() {
		_ = k.server.Close()
	}
}

func (k *leg) back() {
	_, _ = io.Copy(k.client, k.server)
	_ = k.client.Close()
}
