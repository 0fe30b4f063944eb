package rabbitmq

import (
	"context"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"

	"recibo/queue"
)

// link is a connection that is made again when it is needed and gone, for
// ever, and not too often.
type link struct {
	place *place
	title string
	turn  chan struct{} // holds one token: who has it may dial

	mu      sync.Mutex
	session *session
	closed  bool

	// Of whoever has the token.
	waits *backoff.ExponentialBackOff
	next  time.Time // not before then
}

func newLink(p *place, title string) *link {
	l := &link{place: p, title: title, turn: make(chan struct{}, 1), waits: attempts()}
	l.turn <- struct{}{}
	return l
}

// get returns the connection, and makes one if there is none. One attempt: the
// next call makes another, after a growing pause.
func (l *link) get(ctx context.Context) (*session, error) {
	if s, err := l.current(); s != nil || err != nil {
		return s, err
	}
	select {
	case <-l.turn:
		defer func() { l.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if s, err := l.current(); s != nil || err != nil {
		return s, err // made meanwhile
	}
	if err := sleep(ctx, time.Until(l.next)); err != nil {
		return nil, err
	}
	s, err := l.place.dial(ctx, l.title)
	if err != nil {
		l.next = time.Now().Add(l.waits.NextBackOff())
		return nil, err
	}
	l.waits.Reset()
	return s, l.keep(s)
}

// current returns the connection if it is there and alive.
func (l *link) current() (*session, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, queue.ErrClosed
	}
	if l.session != nil && !over(l.session.lost) {
		return l.session, nil
	}
	return nil, nil
}

func (l *link) keep(s *session) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		s.kill(queue.ErrClosed)
		return queue.ErrClosed
	}
	l.session = s
	return nil
}

// close ends the connection, with a word to the server if there is time.
func (l *link) close(ctx context.Context) {
	l.mu.Lock()
	l.closed = true
	s := l.session
	l.mu.Unlock()
	if s == nil || over(s.lost) {
		return
	}
	_, err := answer(ctx, s, func() (struct{}, error) { return struct{}{}, s.conn.Close() }, nil)
	if err != nil && !over(s.lost) {
		s.kill(err)
		<-s.lost
	}
}

// sleep waits for d, or until ctx ends.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
