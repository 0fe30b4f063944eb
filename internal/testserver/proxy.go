package testserver

import (
	"fmt"
	"net"
	"sync"
	"testing"
	"time"

	"golang.org/x/time/rate"
)

// Direction is a way through a Proxy.
type Direction int

// The two ways, and both of them.
const (
	ToServer Direction = 1 << iota
	ToClient
	Both = ToServer | ToClient
)

// Proxy stands between clients and a server and harms what passes, on command.
// All its methods may be called while connections are open.
type Proxy struct {
	addr, target string
	wait         sync.WaitGroup

	mu       sync.Mutex
	listener net.Listener // nil while new connections are refused
	links    map[*link]struct{}
	faults   faults
	armed    []*armed
	changed  chan struct{} // closed and replaced when faults change
}

// faults are what every chunk meets on its way.
type faults struct {
	stalled Direction
	delay   time.Duration
	limits  map[Direction]*rate.Limiter
}

// NewProxy stands in front of target on a free loopback port until the end of
// the test.
func NewProxy(t testing.TB, target string) *Proxy {
	t.Helper()
	port, err := freePort()
	if err != nil {
		t.Fatal(err)
	}
	return newProxyAt(t, local(port), target)
}

func newProxyAt(t testing.TB, addr, target string) *Proxy {
	t.Helper()
	p := &Proxy{addr: addr, target: target, links: map[*link]struct{}{}, changed: make(chan struct{})}
	p.mu.Lock()
	err := p.listen()
	p.mu.Unlock()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		p.Cut()
		p.wait.Wait()
	})
	return p
}

// Addr is where clients connect to, 127.0.0.1:port.
func (p *Proxy) Addr() string { return p.addr }

// Connections is the number of connections that are open now.
func (p *Proxy) Connections() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.links)
}

// Cut resets all connections and refuses new ones until Restore.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.listener != nil {
		_ = p.listener.Close()
		p.listener = nil
	}
	p.resetAll()
}

// Drop resets all connections and takes new ones at once.
func (p *Proxy) Drop() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.resetAll()
}

// Stall makes connections half open: old ones stay, new ones are taken, and
// nothing is forwarded in this direction until Restore. What was sent
// meanwhile arrives then.
func (p *Proxy) Stall(d Direction) {
	p.change(func(f *faults) { f.stalled |= d })
}

// Delay holds each chunk for so long, in each direction. A chunk is what was
// read at once; the next one waits behind it.
func (p *Proxy) Delay(d time.Duration) {
	p.change(func(f *faults) { f.delay = d })
}

// Bandwidth limits the bytes a second of all connections together, in each
// direction.
func (p *Proxy) Bandwidth(bytesPerSecond int) {
	p.change(func(f *faults) {
		burst := max(1, min(bytesPerSecond/20, chunkSize)) // so that little passes at once
		f.limits = map[Direction]*rate.Limiter{
			ToServer: rate.NewLimiter(rate.Limit(bytesPerSecond), burst),
			ToClient: rate.NewLimiter(rate.Limit(bytesPerSecond), burst),
		}
	})
}

// Restore ends all faults: connections are taken and everything passes.
// Triggers that have not struck are disarmed.
func (p *Proxy) Restore() {
	p.change(func(f *faults) { *f = faults{} })
	p.mu.Lock()
	defer p.mu.Unlock()
	p.armed = nil
	if p.listener != nil {
		return
	}
	if err := p.listen(); err != nil {
		// The port is reserved for this process, so somebody outside of the
		// tests has taken it, and no test can go on.
		panic(fmt.Sprintf("testserver: proxy: %v", err))
	}
}

func (p *Proxy) change(f func(*faults)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(&p.faults)
	close(p.changed)
	p.changed = make(chan struct{})
}

// current are the faults now, and a channel that is closed when they change.
func (p *Proxy) current() (faults, <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.faults, p.changed
}

func (p *Proxy) listen() error {
	l, err := net.Listen("tcp", p.addr)
	if err != nil {
		return err
	}
	p.listener = l
	p.wait.Go(func() { p.accept(l) })
	return nil
}

func (p *Proxy) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		if err != nil {
			return // closed by Cut
		}
		k := newLink(p, c.(*net.TCPConn))
		p.mu.Lock()
		if p.listener != l {
			p.mu.Unlock()
			k.reset()
			return
		}
		p.links[k] = struct{}{}
		p.wait.Go(k.run)
		p.mu.Unlock()
	}
}

func (p *Proxy) resetAll() {
	for k := range p.links {
		k.reset()
	}
}

// forget takes a link that has ended from the books.
func (p *Proxy) forget(k *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, k)
	for _, a := range p.armed {
		a.forget(k)
	}
}
