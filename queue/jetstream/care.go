package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// trouble is why nothing can be received, and since when.
type trouble struct {
	err   error
	since time.Time
}

func (t *trouble) raise(err error) {
	if t.since.IsZero() {
		t.since = time.Now()
	}
	t.err = err
}

// begin lets a new session pull. The trouble ends when the server answers.
func (t *trouble) begin() { t.err = nil }

func (t *trouble) end() { *t = trouble{} }

// lasting returns the trouble once it has lasted long enough to be told.
func (t *trouble) lasting(now time.Time) error {
	if t.since.IsZero() || now.Sub(t.since) < outageAfter {
		return nil
	}
	if t.err == nil {
		return errNoAnswer
	}
	return t.err
}

// lookAfter keeps what is held alive and the pull working until ctx ends.
func (s *source) lookAfter(ctx context.Context) {
	ticks := time.NewTicker(tick)
	defer ticks.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-ticks.C:
		case <-s.kick:
		}
		if err := s.check(); err != nil {
			s.mend(ctx, err)
		}
		if s.b.link.down() == nil {
			_ = s.tell(ctx, progressBody, s.keepAlive(time.Now())) // the next beat tries again
		}
	}
}

// check returns what is wrong with the pull, and tells Receive while it lasts.
func (s *source) check() error {
	down := s.b.link.down()
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	switch p := s.session; {
	case down != nil:
		s.trouble.raise(down)
	case s.trouble.err == nil && over(p.lost):
		s.trouble.raise(errLost)
	case s.trouble.err == nil && p.left > 0 && now.Sub(p.heard) > silence:
		s.trouble.raise(fmt.Errorf("nothing heard of the server for %v", now.Sub(p.heard).Round(100*time.Millisecond)))
	}
	if s.trouble.lasting(now) != nil {
		s.news()
	}
	return s.trouble.err
}

// mend begins a new session, when there is a connection. A consumer that was
// deleted is made again if the stream is ours.
func (s *source) mend(ctx context.Context, because error) {
	if s.b.link.down() != nil {
		return
	}
	ctx, done := s.b.link.whileConnected(ctx)
	defer done()
	stream, err := s.b.streamInfo(ctx)
	if err == nil {
		_, err = s.b.consumerInfo(ctx)
		if errors.Is(err, jetstream.ErrConsumerNotFound) && ours(stream) {
			_, err = s.b.createConsumer(ctx, stream)
		}
	}
	if err == nil {
		err = s.begin(stream.Created)
	}
	if err != nil {
		s.mu.Lock()
		s.trouble.raise(fmt.Errorf("%w (%w)", err, because))
		s.mu.Unlock()
	}
}

func over(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
