package sqs

import (
	"context"
	"fmt"
	"sync"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

const defaultWant = 1000 // messages, where nobody says how many

// source polls into a bounded buffer: one poll at a time while little comes,
// more at once under load; see plan.
type source struct {
	b    *Broker
	from string // the queue
	url  string
	want queue.Want
	fifo bool

	slots chan struct{}   // requests at once that settle
	life  context.Context // of heartbeats; ends with Close
	stop  context.CancelFunc
	still chan struct{} // closed when there are no more heartbeats

	mu      sync.Mutex
	held    map[string]*holding // by message id
	bytes   int                 // of those
	buffer  []*holding          // not handed out yet, oldest first
	trouble trouble
	closed  bool
	left    bool          // Close does not wait any more: what comes is given back at once
	waiting int           // calls of Receive
	changed chan struct{} // closed and replaced when there is news for those
	polling
}

func (b *Broker) openSource(ctx context.Context, w queue.Want) (*source, error) {
	s := &source{b: b, from: b.place.queue, want: w, held: map[string]*holding{}, changed: make(chan struct{}),
		slots: make(chan struct{}, settlers)}
	account := b.place.account
	if w.DeadLetters {
		var err error
		if s.from, account, err = b.deadLetters(ctx); err != nil {
			return nil, err
		}
	}
	if s.want.Messages <= 0 {
		s.want.Messages = defaultWant
	}
	s.fifo = isFIFO(s.from)
	s.polling = newPolling(b.place.receivers)
	var err error
	if s.url, err = b.url(ctx, s.from, account); err != nil {
		return nil, err
	}
	if err := s.check(ctx); err != nil {
		return nil, err
	}
	s.life, s.stop = context.WithCancel(context.Background())
	s.still = make(chan struct{})
	go s.beat()
	return s, nil
}

// check finds out whether we may do what a source does: ack and keep hidden, by
// requests that ask for nothing, and receive. What the latter brings is kept.
func (s *source) check(ctx context.Context) error {
	_, err := call(ctx, answerTimeout, s.b.api.DeleteMessageBatch,
		&aws.DeleteMessageBatchInput{QueueUrl: &s.url, Entries: []types.DeleteMessageBatchRequestEntry{}})
	if err := allowed(err); err != nil {
		return err
	}
	_, err = call(ctx, answerTimeout, s.b.api.ChangeMessageVisibilityBatch,
		&aws.ChangeMessageVisibilityBatchInput{QueueUrl: &s.url, Entries: []types.ChangeMessageVisibilityBatchRequestEntry{}})
	if err := allowed(err); err != nil {
		return err
	}
	ms, sent, err := s.ask(ctx, request{n: min(perBatch, s.want.Messages)})
	if err != nil {
		return err
	}
	s.hold(ms, sent)
	return nil
}

// Receive waits for what the queue has. While it does not answer for longer
// than a moment, that is an error.
func (s *source) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	for {
		ds, changed, err := s.look(ctx, limit)
		if err != nil || len(ds) > 0 {
			return ds, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	}
}

// look returns what is there, or why nothing will come, or when to look again:
// its caller is then one that waits.
func (s *source) look(ctx context.Context, limit int) ([]queue.Delivery, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, fmt.Errorf("source of %s: %w", s.b.place.target, queue.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if ds := s.take(limit); len(ds) > 0 {
		s.plan()
		return ds, nil, nil
	}
	if outage := s.trouble.lasting(time.Now()); outage != nil {
		s.plan()
		return nil, nil, fmt.Errorf("queue %s: receive: %w", s.b.place.target, outage)
	}
	s.waiting++
	s.plan()
	return nil, s.changed, nil
}

// take hands out what is in the buffer.
func (s *source) take(limit int) []queue.Delivery {
	n := max(0, min(limit, len(s.buffer)))
	ds := make([]queue.Delivery, n)
	for i, h := range s.buffer[:n] {
		ds[i] = h.delivery
		h.delivery.Body = nil // the consumer's now
		h.out = true
	}
	clear(s.buffer[:n])
	s.buffer = s.buffer[n:]
	return ds
}

// news wakes every Receive that waits.
func (s *source) news() {
	if s.waiting > 0 {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// raise notes why nothing comes, and tells Receive if it lasts.
func (s *source) raise(err error) {
	if s.trouble.raise(err) {
		time.AfterFunc(outageAfter, func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			s.news()
		})
	}
}

// Close gives back what is unacked. Polls and heartbeats on the way are waited
// for, for a moment: they could still be done if they were cancelled. What a
// longer poll brings is given back when it comes.
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
	s.awaitAnswers(ctx)

	s.mu.Lock()
	s.left = true
	all := make([]*holding, 0, len(s.held))
	for _, h := range s.held {
		all = append(all, h)
	}
	s.held, s.buffer, s.bytes = map[string]*holding{}, nil, 0
	s.mu.Unlock()
	s.b.ends.Forget(s)
	if err := s.release(ctx, all); err != nil {
		return fmt.Errorf("queue %s: release: %w", s.b.place.target, err)
	}
	return nil
}
