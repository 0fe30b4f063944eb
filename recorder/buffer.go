package recorder

import (
	"context"
	"sync"
)

// buffer holds decoded deliveries between the receiver and the writers. It is
// bounded by bytes here, and in number by what the source may hand out unacked.
type buffer struct {
	most int // bytes

	mu     sync.Mutex
	items  []*item
	bytes  int
	closed bool

	filled chan struct{} // a token: there may be something to take
	freed  chan struct{} // a token: there may be room
}

func newBuffer(mostBytes int) *buffer {
	return &buffer{most: mostBytes, filled: make(chan struct{}, 1), freed: make(chan struct{}, 1)}
}

// put takes the items in once there is room, or at once when ctx has ended: they
// are here already, and are either committed yet or given back.
func (b *buffer) put(ctx context.Context, items []item) {
	for !b.room() && ctx.Err() == nil {
		select {
		case <-b.freed:
		case <-ctx.Done():
		}
	}
	b.mu.Lock()
	for i := range items {
		b.items = append(b.items, &items[i])
		b.bytes += len(items[i].delivery.Body)
	}
	b.mu.Unlock()
	give(b.filled)
}

func (b *buffer) room() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.bytes < b.most
}

// take waits for items and returns what is there, at most limit. It returns
// nil once the buffer is closed and empty, or when ctx ends.
func (b *buffer) take(ctx context.Context, limit int) []*item {
	for {
		b.mu.Lock()
		n := min(limit, len(b.items))
		if n > 0 {
			taken := b.items[:n:n]
			b.items = b.items[n:]
			for _, it := range taken {
				b.bytes -= len(it.delivery.Body)
			}
			left := len(b.items) > 0
			b.mu.Unlock()
			give(b.freed)
			if left {
				give(b.filled) // for the next writer
			}
			return taken
		}
		closed := b.closed
		b.mu.Unlock()
		if closed {
			give(b.filled) // wake the other writers too
			return nil
		}
		select {
		case <-b.filled:
		case <-ctx.Done():
			return nil
		}
	}
}

// close lets take return nil once everything is taken.
func (b *buffer) close() {
	b.mu.Lock()
	b.closed = true
	b.mu.Unlock()
	give(b.filled)
}

func give(token chan struct{}) {
	select {
	case token <- struct{}{}:
	default:
	}
}
