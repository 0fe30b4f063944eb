package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"recibo/queue"
)

// source pulls from the durable consumer into a bounded buffer. Everything it
// holds, handed out or not, is kept alive until it is acked or released.
type source struct {
	b       *Broker
	want    queue.Want
	ackWait time.Duration
	stop    context.CancelFunc
	wait    sync.WaitGroup // the goroutines that stop ends
	kick    chan struct{}  // the connection changed: look after the pull now

	mu      sync.Mutex
	held    map[uint64]*holding // by stream sequence
	buffer  []*holding          // of those, what was not handed out yet
	bytes   int
	session *session // nil until the first pull
	trouble trouble
	closed  bool
	changed chan struct{} // closed and replaced when there is news for Receive
}

func (b *Broker) openSource(ctx context.Context, w queue.Want) (*source, error) {
	stream, err := b.streamInfo(ctx)
	if err != nil {
		return nil, err
	}
	consumer, err := b.makeConsumer(ctx, stream)
	if err != nil {
		return nil, err
	}
	if w.Messages <= 0 {
		w.Messages = 1000
	}
	s := &source{b: b, want: w, ackWait: consumer.Config.AckWait, held: map[uint64]*holding{},
		kick: make(chan struct{}, 1), changed: make(chan struct{})}
	if err := s.begin(stream.Created); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.Background())
	s.stop = stop
	unlisten := b.link.listen(func() {
		select {
		case s.kick <- struct{}{}:
		default:
		}
	})
	s.wait.Go(func() { defer unlisten(); s.lookAfter(running) })
	if ours(stream) {
		s.wait.Go(func() { b.purgeNowAndThen(running) })
	}
	return s, nil
}

// Receive returns what is buffered, and waits for something when nothing is.
// While the server cannot be reached it answers with an error.
func (s *source) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	for {
		s.mu.Lock()
		ds := s.handOut(ctx, limit)
		closed, changed, outage := s.closed, s.changed, s.trouble.lasting(time.Now())
		s.mu.Unlock()
		switch {
		case closed:
			return nil, fmt.Errorf("source of %s: %w", s.b.target, queue.ErrClosed)
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case len(ds) > 0:
			return ds, nil
		case outage != nil:
			return nil, fmt.Errorf("queue %s: receive: %w", s.b.target, outage)
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
	}
}

// handOut takes from the buffer, for a caller that is still there.
func (s *source) handOut(ctx context.Context, limit int) []queue.Delivery {
	n := min(limit, len(s.buffer))
	if n <= 0 || s.closed || ctx.Err() != nil {
		return nil
	}
	ds := make([]queue.Delivery, n)
	for i, h := range s.buffer[:n] {
		ds[i] = h.delivery
	}
	clear(s.buffer[:n])
	s.buffer = s.buffer[n:]
	return ds
}

// Ack tells the server, and waits until it has read it. The server then writes
// lazily: after a crash some may come again.
func (s *source) Ack(ctx context.Context, ds []queue.Delivery) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil // released: a stale receipt is no error
	}
	replies := make([]string, 0, len(ds))
	for _, d := range ds {
		if h, ok := d.Receipt.(*holding); ok && s.held[h.sequence] == h {
			replies = append(replies, h.reply)
			s.drop(h)
		}
	}
	s.pull()
	s.mu.Unlock()
	if err := s.tell(ctx, ackBody, replies); err != nil {
		return fmt.Errorf("queue %s: ack: %w", s.b.target, err)
	}
	return nil
}

var (
	ackBody      = []byte("+ACK")
	nakBody      = []byte("-NAK")
	progressBody = []byte("+WPI")
)

// tell publishes body to each reply subject and waits until the server has
// read it all.
func (s *source) tell(ctx context.Context, body []byte, replies []string) error {
	if len(replies) == 0 {
		return nil
	}
	nc := s.b.conn()
	for _, reply := range replies {
		if err := nc.Publish(reply, body); err != nil {
			return err
		}
	}
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	return nc.FlushWithContext(ctx)
}

// Close gives everything back that was not acked, so that it is redelivered at
// once.
func (s *source) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.news()
	s.mu.Unlock()
	s.stop()
	s.wait.Wait()
	s.b.ends.Forget(s)
	if err := s.giveBack(ctx); err != nil {
		return fmt.Errorf("queue %s: release: %w", s.b.target, err)
	}
	return nil
}

// giveBack releases what is held. Another host may be taking over just now:
// that is waited for, or the messages would only come after the ack wait.
func (s *source) giveBack(ctx context.Context) error {
	down := s.b.link.await(ctx)
	drained := s.session.drain(ctx)
	if errors.Is(drained, errLost) {
		drained = nil // what was on its way comes again after the ack wait
	}
	replies := s.release()
	if down != nil && len(replies) == 0 {
		return nil
	}
	err := s.tell(ctx, nakBody, replies)
	if err != nil && s.b.link.await(ctx) == nil {
		err = s.tell(ctx, nakBody, replies)
	}
	return errors.Join(drained, err)
}
