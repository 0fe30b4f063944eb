package queuetest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"recibo/queue"
)

// Memory is a queue.Broker that keeps its messages in memory. It is ordered and
// exact in everything that the port lets a system leave open, and it blocks
// only on channels, so that it works under testing/synctest. Messages outlive
// its sources, its publishers and its own Close: see Reopen.
type Memory struct {
	log    *memoryLog
	mu     sync.Mutex
	closed bool
	done   chan struct{}
}

// NewMemory returns an empty queue.
func NewMemory() *Memory {
	return &Memory{log: &memoryLog{changed: make(chan struct{})}, done: make(chan struct{})}
}

// Reopen returns another connection to the same messages.
func (m *Memory) Reopen() *Memory { return &Memory{log: m.log, done: make(chan struct{})} }

// Setup has nothing to make.
func (m *Memory) Setup(context.Context) error { return m.usable() }

// Source opens a source; ErrNoDeadLetters when w asks for those.
func (m *Memory) Source(_ context.Context, w queue.Want) (queue.Source, error) {
	if err := m.usable(); err != nil {
		return nil, err
	}
	if w.DeadLetters {
		return nil, queue.ErrNoDeadLetters
	}
	return &memorySource{broker: m, want: w, held: map[*item]bool{}, done: make(chan struct{})}, nil
}

// Publisher opens a publisher.
func (m *Memory) Publisher(context.Context) (queue.Publisher, error) {
	if err := m.usable(); err != nil {
		return nil, err
	}
	return &memoryPublisher{broker: m}, nil
}

// Depth is exact.
func (m *Memory) Depth(context.Context) (queue.Depth, error) {
	if err := m.usable(); err != nil {
		return queue.Depth{}, err
	}
	return m.log.depth(), nil
}

// Close ends the connection. Sources that are still open release what they hold.
func (m *Memory) Close(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.closed {
		m.closed = true
		close(m.done)
		m.log.release(func(it *item) bool { return it.holder != nil && it.holder.broker == m })
	}
	return nil
}

func (m *Memory) usable() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return fmt.Errorf("memory queue: %w", queue.ErrClosed)
	}
	return nil
}

func (m *Memory) over() bool {
	select {
	case <-m.done:
		return true
	default:
		return false
	}
}

// item is a message from its publication until it is acked.
type item struct {
	message queue.Message
	number  int
	attempt int
	at      time.Time
	holder  *memorySource // nil while it is ready
}

// memoryLog is the queue that all connections share.
type memoryLog struct {
	mu      sync.Mutex
	ready   []*item // by number
	flying  map[*item]bool
	last    int
	changed chan struct{} // closed and replaced when something becomes ready or free
}

func (l *memoryLog) publish(ms []queue.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, m := range ms {
		l.last++
		l.ready = append(l.ready, &item{message: copied(m), number: l.last, at: time.Now()})
	}
	l.wake()
}

// take hands at most limit ready items to s, as far as s may hold more, and
// returns what to wait for when there are none.
func (l *memoryLog) take(s *memorySource, limit int) ([]queue.Delivery, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var ds []queue.Delivery
	for len(ds) < limit && len(l.ready) > 0 && s.mayHold(l.ready[0]) {
		it := l.ready[0]
		l.ready = l.ready[1:]
		it.attempt++
		it.holder = s
		s.hold(it)
		if l.flying == nil {
			l.flying = map[*item]bool{}
		}
		l.flying[it] = true
		ds = append(ds, queue.Delivery{Message: copied(it.message), Attempt: it.attempt,
			Position: fmt.Sprintf("memory@%d", it.number), Receipt: memoryReceipt{it, it.attempt}})
	}
	return ds, l.changed
}

func (l *memoryLog) ack(s *memorySource, ds []queue.Delivery) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, d := range ds {
		r, ok := d.Receipt.(memoryReceipt)
		if !ok || r.item.holder != s || r.item.attempt != r.attempt {
			continue // taken back meanwhile, or settled before
		}
		r.item.holder = nil
		s.drop(r.item)
		delete(l.flying, r.item)
	}
	l.wake()
}

// release makes ready again what matches, in its old place.
func (l *memoryLog) release(match func(*item) bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for it := range l.flying {
		if match(it) {
			it.holder.drop(it)
			it.holder = nil
			delete(l.flying, it)
			l.ready = append(l.ready, it)
		}
	}
	slices.SortFunc(l.ready, func(a, b *item) int { return cmp.Compare(a.number, b.number) })
	l.wake()
}

func (l *memoryLog) wake() {
	close(l.changed)
	l.changed = make(chan struct{})
}

func (l *memoryLog) depth() queue.Depth {
	l.mu.Lock()
	defer l.mu.Unlock()
	ready, flying := int64(len(l.ready)), int64(len(l.flying))
	d := queue.Depth{Ready: &ready, InFlight: &flying}
	if ready+flying == 0 {
		return d
	}
	oldest := time.Now()
	if ready > 0 {
		oldest = l.ready[0].at
	}
	for it := range l.flying {
		if it.at.Before(oldest) {
			oldest = it.at
		}
	}
	age := time.Since(oldest)
	d.OldestAge = &age
	return d
}
