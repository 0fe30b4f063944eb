package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"sync"
	"sync/atomic"

	amqp "github.com/rabbitmq/amqp091-go"
)

var (
	errLost     = errors.New("connection lost")
	errNoAnswer = errors.New("the server does not answer")
	errEnded    = errors.New("the server has closed the channel")
	errSilent   = errors.New("no heartbeat from the server")
)

// session is one connection. It ends once and never comes back.
type session struct {
	conn *amqp.Connection
	wire *wire
	log  *slog.Logger
	lost chan struct{} // closed when it has ended

	blocked atomic.Pointer[string] // why the broker takes no messages; nil: it does

	mu   sync.Mutex
	why  error
	free chan struct{} // closed and replaced when blocked changes
}

func newSession(conn *amqp.Connection, w *wire, log *slog.Logger) *session {
	s := &session{conn: conn, wire: w, log: log, lost: make(chan struct{}), free: make(chan struct{})}
	closes := conn.NotifyClose(make(chan *amqp.Error, 1))
	blocks := conn.NotifyBlocked(make(chan amqp.Blocking, 8))
	go s.watch(closes, blocks)
	return s
}

// watch follows what the library tells until the end of the connection.
func (s *session) watch(closes chan *amqp.Error, blocks chan amqp.Blocking) {
	for {
		select {
		case b, ok := <-blocks:
			if !ok {
				blocks = nil // closes tells the rest
				continue
			}
			s.block(b)
		case reason := <-closes:
			s.end(reason)
			return
		}
	}
}

func (s *session) block(b amqp.Blocking) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if b.Active {
		s.blocked.Store(&b.Reason)
		s.log.Warn("the broker has blocked publishers", "reason", b.Reason)
	} else {
		s.blocked.Store(nil)
		s.log.Info("the broker lets publishers go on")
	}
	close(s.free)
	s.free = make(chan struct{})
}

// untilFree returns a channel that is closed when the broker begins or ceases
// to block.
func (s *session) untilFree() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.free
}

func (s *session) end(reason *amqp.Error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	broke := s.wire.broke()
	switch {
	case s.why != nil:
	case reason != nil && reason.Server:
		s.why = fmt.Errorf("%w: %w", errLost, refusal{reason})
	case errors.Is(broke, os.ErrDeadlineExceeded):
		s.why = fmt.Errorf("%w: %w", errLost, errSilent)
	case broke != nil:
		s.why = fmt.Errorf("%w: %w", errLost, broke)
	default:
		s.why = errLost
	}
	close(s.lost)
}

// kill ends a connection that cannot be trusted any more.
func (s *session) kill(why error) {
	s.mu.Lock()
	if s.why == nil {
		s.why = fmt.Errorf("%w: %w", errLost, why)
	}
	s.mu.Unlock()
	_ = s.wire.Close() // the library notices
}

// explain puts the reason of a break in place of the library's words for it.
func (s *session) explain(err error) error {
	var said *amqp.Error
	if err == nil || !errors.As(err, &said) {
		return err
	}
	if said.Server {
		return refusal{said}
	}
	if over(s.lost) || s.conn.IsClosed() {
		return s.ending()
	}
	if errors.Is(err, amqp.ErrClosed) {
		return errEnded
	}
	return err
}

// ending is why a connection ended that has ended.
func (s *session) ending() error {
	<-s.lost // a moment after the library's own mark at most
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.why
}

// refusal is an error in the server's own words.
type refusal struct{ said *amqp.Error }

func (r refusal) Error() string { return fmt.Sprintf("%s (%d)", r.said.Reason, r.said.Code) }

func (r refusal) Unwrap() error { return r.said }

// answer asks the server something, bounded in time. What comes after that is
// undone.
func answer[T any](ctx context.Context, s *session, f func() (T, error), undo func(T)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		v, err := f()
		done <- result{v, err}
	}()
	timed, cancel := context.WithTimeoutCause(ctx, answerTimeout, errNoAnswer)
	defer cancel()
	select {
	case r := <-done:
		return r.value, s.explain(r.err)
	case <-timed.Done():
	}
	if ctx.Err() == nil {
		s.kill(errNoAnswer)
	}
	go func() {
		if r := <-done; r.err == nil && undo != nil {
			undo(r.value)
		}
	}()
	var none T
	return none, context.Cause(timed)
}

// ask runs f on a channel of its own.
func ask[T any](ctx context.Context, s *session, f func(*amqp.Channel) (T, error)) (T, error) {
	return answer(ctx, s, func() (T, error) {
		ch, err := s.conn.Channel()
		if err != nil {
			var none T
			return none, err
		}
		v, err := f(ch)
		_ = ch.Close() // an error has closed it already
		return v, err
	}, nil)
}

func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
