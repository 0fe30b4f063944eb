package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"os"
	"sync"
	"time"

	"github.com/gofrs/flock"
)

var (
	errDialerClosed = errors.New("queue is closed")
	errNobodyHosts  = errors.New("the host of the queue does not answer")
)

// restartPause keeps a host whose server cannot start from trying in a loop.
const restartPause = time.Second

// dialer decides on every connect and reconnect who hosts. It is the only
// place that does: there is no watching of files, no election.
type dialer struct {
	dir string
	log *slog.Logger

	mu       sync.Mutex
	lock     *flock.Flock
	host     *host // nil while somebody else hosts
	token    string
	failed   error // why the last dial failed: nats.go does not hand that on
	failedAt time.Time
	closed   bool
}

func newDialer(dir string, log *slog.Logger) (*dialer, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	return &dialer{dir: dir, log: log, lock: flock.New(lockPath(dir), flock.SetPermissions(0o600))}, nil
}

// Dial is what nats.go calls. The address that it names is of no meaning.
func (d *dialer) Dial(network, _ string) (net.Conn, error) {
	address, err := d.whereTo()
	if err != nil {
		return nil, err
	}
	conn, err := net.DialTimeout(network, address, dialTimeout)
	if err != nil {
		err = fmt.Errorf("%w: %w", errNobodyHosts, err)
		d.mu.Lock()
		d.failed = err
		d.mu.Unlock()
	}
	return conn, err
}

// whereTo returns the address of the host, and becomes it if the lock is free.
func (d *dialer) whereTo() (address string, err error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	defer func() { d.failed = err }()
	if d.closed {
		return "", errDialerClosed
	}
	hosts, err := d.lock.TryLock() // true again for who has it
	if err != nil {
		return "", fmt.Errorf("lock %s: %w", lockPath(d.dir), err)
	}
	if hosts {
		return d.serve()
	}
	h, err := readHost(d.dir)
	if err != nil {
		return "", fmt.Errorf("%w: %w", errNobodyHosts, err)
	}
	d.token = h.Token
	return h.Address, nil
}

// serve starts the server, or starts it again when it has failed.
func (d *dialer) serve() (string, error) {
	if d.host != nil && d.host.healthy() {
		return d.host.address, nil
	}
	if d.host != nil {
		d.host.stop()
		d.host = nil
	}
	if d.failed != nil && time.Since(d.failedAt) < restartPause {
		return "", d.failed
	}
	h, err := startHost(d.dir, d.log)
	if err != nil {
		d.failedAt = time.Now()
		// Somebody else may have more luck, or say why not.
		return "", errors.Join(err, d.lock.Unlock())
	}
	d.host, d.token = h, h.token
	return h.address, nil
}

func (d *dialer) currentToken() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.token
}

// reason is why the last dial failed, or else what nats.go says.
func (d *dialer) reason(err error) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.failed != nil {
		return d.failed
	}
	return err
}

// close stops the server if it is ours and gives the lock away last: whoever
// takes it finds nobody in the folder.
func (d *dialer) close() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return nil
	}
	d.closed = true
	if d.host != nil {
		d.host.stop()
		_ = os.Remove(hostPath(d.dir)) // a stale one is noticed
	}
	return d.lock.Close()
}
