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
	mu    sync.Mutex
	first byte // that the server sent; 0: none yet
	err   error
}

// Read notes how the server begins and how it ends.
func (w *wire) Read(p []byte) (int, error) {
	n, err := w.Conn.Read(p)
	if err != nil || (n > 0 && w.first == 0) {
		w.mu.Lock()
		defer w.mu.Unlock()
		if n > 0 && w.first == 0 {
			w.first = p[0]
		}
		if w.err == nil {
			w.err = err
		}
	}
	return n, err
}

// Write fails when the server takes nothing for writeTimeout.
func (w *wire) Write(p []byte) (int, error) {
	if err := w.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return w.Conn.Write(p)
}

// broke is why reading ended; nil while it has not.
func (w *wire) broke() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// The types of TLS records: none of them begins a frame of AMQP.
const (
	tlsFirst = 20
	tlsLast  = 23
)

// speaksTLS says whether the server answered with TLS to what was not.
func (w *wire) speaksTLS() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.first >= tlsFirst && w.first <= tlsLast
}
