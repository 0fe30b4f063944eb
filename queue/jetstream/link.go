package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"
)

// link is the one connection of a process. It reconnects for ever; whoever
// waits for an answer learns from it that the connection broke meanwhile.
type link struct {
	nc     *nats.Conn
	reason func(error) error // what is behind the client's last error

	mu        sync.Mutex
	lost      chan struct{}  // closed when the connection breaks, then replaced
	listeners map[int]func() // told of every break and every reconnect
	last      int            // number of the last listener
	forbidden error          // the last thing that the server did not allow
	done      chan struct{}  // closed when the connection is closed for good
}

// connect opens the connection. The options say where to and who.
func connect(url string, t timing, reason func(error) error, options ...nats.Option) (*link, error) {
	l := &link{reason: reason, lost: make(chan struct{}), listeners: map[int]func(){}, done: make(chan struct{})}
	all := append([]nats.Option{
		nats.Name("recibo"),
		nats.Timeout(dialTimeout),
		nats.MaxReconnects(-1),
		nats.ReconnectWait(t.reconnectWait),
		nats.ReconnectJitter(t.reconnectWait, t.reconnectWait),
		nats.IgnoreAuthErrorAbort(), // a new host has a new token: it is no wrong password
		nats.ReconnectBufSize(-1),   // what cannot be sent now fails now
		nats.DisconnectErrHandler(func(*nats.Conn, error) { l.changed(true) }),
		nats.ReconnectHandler(func(*nats.Conn) { l.changed(false) }),
		nats.ClosedHandler(func(*nats.Conn) { close(l.done) }),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { l.note(err) }),
	}, options...)
	nc, err := nats.Connect(url, all...)
	if err != nil {
		return nil, err
	}
	l.nc = nc
	return l, nil
}

func (l *link) changed(broken bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if broken {
		close(l.lost)
		l.lost = make(chan struct{})
	}
	for _, tell := range l.listeners {
		tell()
	}
}

// untilLost returns a channel that is closed when the connection breaks.
func (l *link) untilLost() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lost
}

// note keeps refusals for want of permission: requests that they hit get no
// answer, only a timeout.
func (l *link) note(err error) {
	if errors.Is(err, nats.ErrPermissionViolation) {
		l.mu.Lock()
		l.forbidden = err
		l.mu.Unlock()
	}
}

func (l *link) lastForbidden() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.forbidden
}

// down says why there is no connection; nil when there is one.
func (l *link) down() error {
	if l.nc.IsConnected() {
		return nil
	}
	if err := l.reason(l.nc.LastError()); err != nil {
		return fmt.Errorf("not connected: %w", err)
	}
	return errors.New("not connected")
}

// await waits a little for the connection: another host may be taking over.
func (l *link) await(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, dialTimeout)
	defer cancel()
	news := make(chan struct{}, 1)
	defer l.listen(func() {
		select {
		case news <- struct{}{}:
		default:
		}
	})()
	for {
		err := l.down()
		if err == nil {
			return nil
		}
		select {
		case <-news:
		case <-ctx.Done():
			return err
		}
	}
}

// whileConnected bounds a request to the server: by the connection, because the
// client would wait for an answer that was lost with it, and by answerTimeout.
func (l *link) whileConnected(ctx context.Context) (context.Context, func()) {
	timed, stop := context.WithTimeoutCause(ctx, answerTimeout, errNoAnswer)
	bound, cancel := context.WithCancelCause(timed)
	lost := l.untilLost()
	go func() {
		select {
		case <-lost:
			cancel(errLost)
		case <-bound.Done():
		}
	}()
	return bound, func() { cancel(nil); stop() }
}

// whole runs f while the connection lasts; errLost when it did not.
func (l *link) whole(ctx context.Context, f func(context.Context) error) error {
	connected, done := l.whileConnected(ctx)
	defer done()
	err := f(connected)
	switch {
	case err == nil:
		return nil
	case ctx.Err() == nil && connected.Err() != nil:
		return context.Cause(connected)
	case l.down() != nil:
		return fmt.Errorf("%w: %w", errLost, err)
	}
	return err
}

func (l *link) close() {
	l.nc.Close()
	<-l.done
}

// listen has tell called on every break and reconnect until the returned
// function is called. tell must not block.
func (l *link) listen(tell func()) (stop func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last++
	number := l.last
	l.listeners[number] = tell
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		delete(l.listeners, number)
	}
}
