package rabbitmq

import (
	"net"
	"sync"
	"time"
)

// wire is the connection under the client library. It limits how long a write
// may take, for the library would wait for ever with its locks held; and it
// remembers what the library turns into text.
type wire struct {
	net.Conn

	out   sync.Mutex
	corks int    // how many hold writes back
	held  []byte // written by the library meanwhile, and not yet by us

	mu    sync.Mutex
	first byte          // that the server sent; 0: none yet
	err   error         // why reading ended
	ended chan struct{} // closed when it has
}

func newWire(c net.Conn) *wire { return &wire{Conn: c, ended: make(chan struct{})} }

// Read notes how the server begins and how it ends.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil || (n > 0 && w.first == 0) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if n > 0 && w.first == 0 {
			w.first = p[0]
		}
		if err != nil && w.err == nil {
			w.err = err
			close(w.ended)
		}
	}
	return n, err
}

// lastWords is how long a server's reason for a break is waited for.
const lastWords = 100 * time.Millisecond

// mostHeld is written at once at the latest.
const mostHeld = 32 << 10

// Write fails when the server takes nothing for writeTimeout. The library
// writes each message by itself, which costs as much as all the rest of
// publishing: while the wire is corked, several go out together.
func (w *wire) Write(p []byte) (int, error) {
	w.out.Lock()
	defer w.out.Unlock()
	if w.corks == 0 && len(w.held) == 0 {
		return w.send(p)
	}
	w.held = append(w.held, p...)
	if w.corks > 0 && len(w.held) < mostHeld {
		return len(p), nil
	}
	return len(p), w.flushHeld()
}

func (w *wire) send(p []byte) (int, error) {
	if err := w.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	n, err := w.Conn.Write(p)
	if err != nil {
		// What the server said last is still to be read, before the library
		// closes everything.
		select {
		case <-w.ended:
		case <-time.After(lastWords):
		}
	}
	return n, err
}

func (w *wire) flushHeld() error {
	if len(w.held) == 0 {
		return nil
	}
	_, err := w.send(w.held)
	w.held = w.held[:0]
	if err != nil {
		_ = w.Conn.Close() // the library believes that it was written
	}
	return err
}

// cork holds back small writes until all who did so uncork: they must not wait
// for an answer before that.
func (w *wire) cork() {
	w.out.Lock()
	defer w.out.Unlock()
	w.corks++
}

// uncork writes what was held back. An error ends the connection, which is
// told to all.
func (w *wire) uncork() {
	w.out.Lock()
	defer w.out.Unlock()
	w.corks--
	_ = w.flushHeld()
}

// broke is why reading ended; nil while it has not.
func (w *wire) broke() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// began is the first byte that the server sent; 0: none yet.
func (w *wire) began() byte {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first
}

// isTLS says whether a byte is the type of a TLS record: none of them begins a
// frame of AMQP.
func isTLS(b byte) bool { return b >= 20 && b <= 23 }
