package rabbitmq

import (
	"context"
	"log/slog"
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
	log   *slog.Logger
	turn  chan struct{} // holds one token: who has it may dial

	mu      sync.Mutex
	session *session
	closed  bool
	failed  int   // attempts
	last    error // of the last attempt that failed

	// Of whoever has the token.
	waits *backoff.ExponentialBackOff
	next  time.Time // not before then
}

func newLink(p *place, title string, log *slog.Logger) *link {
	l := &link{place: p, title: title, log: log, turn: make(chan struct{}, 1), waits: attempts()}
	l.turn <- struct{}{}
	return l
}

// get returns the connection, and makes one if there is none. One attempt, or
// that of somebody else: the next call makes another, after a growing pause.
func (l *link) get(ctx context.Context) (*session, error) {
	s, failed, err := l.current()
	if s != nil || err != nil {
		return s, err
	}
	select {
	case <-l.turn:
		defer func() { l.turn <- struct{}{} }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	s, since, err := l.current()
	switch {
	case s != nil || err != nil:
		return s, err
	case since != failed:
		return nil, l.last // while we waited for it
	}
	if err := sleep(ctx, time.Until(l.next)); err != nil {
		return nil, err
	}
	s, err = l.place.dial(ctx, l.title, l.log)
	if ctx.Err() != nil && err != nil {
		return nil, err // says nothing about the server
	}
	if err != nil {
		l.next = time.Now().Add(l.waits.NextBackOff())
		l.fail(err)
		return nil, err
	}
	l.waits.Reset()
	return s, l.keep(s)
}

// current returns the connection if it is there and alive, and how many
// attempts to make one have failed.
func (l *link) current() (*session, int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, l.failed, queue.ErrClosed
	}
	if l.session != nil && !over(l.session.lost) {
		return l.session, l.failed, nil
	}
	return nil, l.failed, nil
}

func (l *link) fail(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.failed++
	l.last = err
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
	err := s.whyBlocked() // then the server would not hear of it
	if err == nil {
		_, err = answer(ctx, s, func() (struct{}, error) { return struct{}{}, s.conn.Close() }, nil)
	}
	if err != nil && !over(s.lost) {
		s.kill(err)
	}
	<-s.lost
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
