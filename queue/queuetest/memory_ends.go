package queuetest

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"recibo/queue"
)

// memoryReceipt names one handing out of an item: a later one is another.
type memoryReceipt struct {
	item    *item
	attempt int
}

type memorySource struct {
	broker *Memory
	want   queue.Want
	done   chan struct{}
	closed atomic.Bool

	held  map[*item]bool // guarded by the log's lock, as is bytes
	bytes int
}

// mayHold says whether one more fits. A single message always does: else one
// that is larger than the bound would stop the queue. A source that was closed
// meanwhile takes nothing: nobody would release it.
func (s *memorySource) mayHold(it *item) bool {
	if s.closed.Load() || s.broker.over() {
		return false
	}
	if len(s.held) == 0 {
		return true
	}
	fits := s.want.Messages <= 0 || len(s.held) < s.want.Messages
	return fits && (s.want.Bytes <= 0 || s.bytes+len(it.message.Body) <= s.want.Bytes)
}

func (s *memorySource) hold(it *item) {
	s.held[it] = true
	s.bytes += len(it.message.Body)
}

func (s *memorySource) drop(it *item) {
	delete(s.held, it)
	s.bytes -= len(it.message.Body)
}

func (s *memorySource) usable() error {
	if s.closed.Load() {
		return fmt.Errorf("memory source: %w", queue.ErrClosed)
	}
	return s.broker.usable()
}

func (s *memorySource) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	for {
		if err := s.usable(); err != nil {
			return nil, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		ds, changed := s.broker.log.take(s, limit)
		if len(ds) > 0 {
			return ds, nil
		}
		select {
		case <-changed:
		case <-s.done:
		case <-s.broker.done:
		case <-ctx.Done():
		}
	}
}

func (s *memorySource) Ack(ctx context.Context, ds []queue.Delivery) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if !s.closed.Load() {
		s.broker.log.ack(s, ds)
	}
	return nil
}

func (s *memorySource) Close(context.Context) error {
	if s.closed.CompareAndSwap(false, true) {
		close(s.done)
		s.broker.log.release(func(it *item) bool { return it.holder == s })
	}
	return nil
}

type memoryPublisher struct {
	broker *Memory
	closed atomic.Bool
}

func (p *memoryPublisher) Publish(ctx context.Context, ms []queue.Message) error {
	err := ctx.Err()
	if err == nil {
		err = p.broker.usable()
	}
	if err == nil && p.closed.Load() {
		err = fmt.Errorf("memory publisher: %w", queue.ErrClosed)
	}
	if err != nil {
		return &queue.PartialError{Refused: indexes(len(ms)), Err: err}
	}
	p.broker.log.publish(ms)
	return nil
}

func (p *memoryPublisher) Close(context.Context) error {
	p.closed.Store(true)
	return nil
}

func copied(m queue.Message) queue.Message {
	m.Body = slices.Clone(m.Body)
	m.Headers = maps.Clone(m.Headers)
	return m
}

// indexes returns 0 to n-1.
func indexes(n int) []int {
	is := make([]int, n)
	for i := range is {
		is[i] = i
	}
	return is
}
