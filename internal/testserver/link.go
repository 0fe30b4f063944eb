package testserver

import (
	"context"
	"io"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

const (
	chunkSize   = 32 << 10
	dialTimeout = 5 * time.Second
)

// link is one connection through a Proxy.
type link struct {
	proxy  *Proxy
	client *net.TCPConn
	gone   context.Context // done when it was reset
	cancel context.CancelFunc

	mu     sync.Mutex
	server *net.TCPConn // nil until it was dialed
}

func newLink(p *Proxy, client *net.TCPConn) *link {
	k := &link{proxy: p, client: client}
	k.gone, k.cancel = context.WithCancel(context.Background())
	return k
}

// run dials the server and forwards both ways until both ends are through.
func (k *link) run() {
	defer k.proxy.forget(k)
	c, err := net.DialTimeout("tcp", k.proxy.target, dialTimeout)
	if err != nil || !k.attach(c.(*net.TCPConn)) {
		k.reset()
		return
	}
	var back sync.WaitGroup
	back.Go(func() { k.pump(k.server, k.client, ToClient) })
	k.pump(k.client, k.server, ToServer)
	back.Wait()
	_ = k.client.Close()
	_ = k.server.Close()
	k.cancel()
}

// attach is false if the link was reset while it dialed.
func (k *link) attach(server *net.TCPConn) bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.server = server
	if k.gone.Err() != nil {
		abort(server)
		return false
	}
	return true
}

// reset ends both connections with a TCP reset: no end of stream, what is on
// the way is lost.
func (k *link) reset() {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.gone.Err() != nil {
		return
	}
	k.cancel()
	abort(k.client)
	if k.server != nil {
		abort(k.server)
	}
}

func abort(c *net.TCPConn) {
	_ = c.SetLinger(0)
	_ = c.Close()
}

// pump forwards one way. An end of stream is passed on, an error resets.
func (k *link) pump(from, to *net.TCPConn, d Direction) {
	buffer := make([]byte, chunkSize)
	for {
		n, err := from.Read(buffer)
		if n > 0 && !k.forward(to, d, buffer[:n]) {
			k.reset()
			return
		}
		if err == nil {
			continue
		}
		if _, ok := k.hold(d); !ok || err != io.EOF || to.CloseWrite() != nil {
			k.reset()
		}
		return
	}
}

// forward sends a chunk on, as far and as fast as the faults let it. It is
// false if the link must end.
func (k *link) forward(to *net.TCPConn, d Direction, chunk []byte) bool {
	limit, ok := k.hold(d)
	if !ok {
		return false
	}
	pass, struck := k.proxy.inspect(k, d, chunk)
	ok = k.write(to, chunk[:pass], limit)
	for _, a := range struck {
		k.reset()
		close(a.struck)
	}
	return ok && len(struck) == 0
}

// hold waits while the direction is stalled, and for the delay. It is false if
// the link is reset meanwhile.
func (k *link) hold(d Direction) (*rate.Limiter, bool) {
	for {
		f, changed := k.proxy.current()
		var delay <-chan time.Time // of nil nothing comes: only a change helps
		switch {
		case f.stalled&d != 0:
		case f.delay > 0:
			delay = time.After(f.delay)
		default:
			return f.limits[d], true
		}
		select {
		case <-delay:
			return f.limits[d], true
		case <-changed:
		case <-k.gone.Done():
			return nil, false
		}
	}
}

func (k *link) write(to *net.TCPConn, chunk []byte, limit *rate.Limiter) bool {
	if limit == nil {
		_, err := to.Write(chunk)
		return err == nil
	}
	for piece := range slices.Chunk(chunk, limit.Burst()) {
		if limit.WaitN(k.gone, len(piece)) != nil {
			return false
		}
		if _, err := to.Write(piece); err != nil {
			return false
		}
	}
	return true
}
