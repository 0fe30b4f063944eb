package queuetest

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"

	"recibo/queue"
)

// fanOut delivers everything to each source: a topic instead of a queue.
func fanOut() *broken {
	var topics []*Memory
	var all []queue.Message
	return &broken{source: func(_ *broken, w queue.Want) (queue.Source, error) {
		topic := NewMemory()
		topic.log.publish(all)
		topics = append(topics, topic)
		return topic.Source(context.Background(), w)
	}, publish: func(_ *brokenPublisher, ms []queue.Message) error {
		all = append(all, ms...)
		for _, topic := range topics {
			topic.log.publish(ms)
		}
		return nil
	}}
}

// losing drops the messages whose id ends with 7.
func losing() *broken {
	return filtered(func(_ map[string]bool, m queue.Message) bool { return !strings.HasSuffix(m.ID, "7") })
}

func brokenShares() []brokenCase {
	return []brokenCase{
		{"a topic, not a queue", "two sources share without both getting", fanOut},
		{"a topic, not a queue", "another source takes over what one released", fanOut},
		{"loses every tenth", "concurrent publishers and sources lose nothing", losing},
		{"loses every tenth", "one source serves several goroutines", losing},
	}
}

func brokenPublishes() []brokenCase {
	publish := func(f func(*brokenPublisher, []queue.Message) error) func() *broken {
		return func() *broken { return &broken{publish: f} }
	}
	accept := func(p *brokenPublisher, ms []queue.Message) error {
		return p.memoryPublisher.Publish(context.Background(), ms)
	}
	return []brokenCase{
		{"takes 1000 at most, silently", "2500 messages in one publish", publish(func(p *brokenPublisher, ms []queue.Message) error {
			return accept(p, ms[:min(len(ms), 1000)])
		})},
		{"an empty publish is an error", "publishing nothing is fine", publish(func(p *brokenPublisher, ms []queue.Message) error {
			if len(ms) == 0 {
				return errors.New("no messages")
			}
			return accept(p, ms)
		})},
		{"refuses what it publishes", "a cancelled publish says what became of it", publish(func(p *brokenPublisher, ms []queue.Message) error {
			_ = accept(p, ms)
			return &queue.PartialError{Refused: indexes(len(ms)), Err: ErrInjected}
		})},
		{"an error without fates", "a cancelled publish says what became of it", publish(func(*brokenPublisher, []queue.Message) error { return ErrInjected })},
		{"no word about size", "too big is refused and said so", publish(func(*brokenPublisher, []queue.Message) error {
			return &queue.PartialError{Refused: []int{1}, Err: ErrInjected}
		})},
		{"takes what is too big", "too big is refused and said so", publish(accept)},
	}
}

func brokenDepths() []brokenCase {
	depth := func(f func(*queue.Depth)) func() *broken {
		return func() *broken {
			return &broken{depth: func(d queue.Depth) queue.Depth { f(&d); return d }}
		}
	}
	return []brokenCase{
		{"in flight counts as ready", "depth tells ready and in flight", depth(func(d *queue.Depth) {
			if d.Ready != nil {
				*d.Ready += *d.InFlight
			}
		})},
		{"tells no depth", "depth tells ready and in flight", depth(func(d *queue.Depth) { d.Ready, d.InFlight = nil, nil })},
		{"held counts as ready", "depth tells ready", depth(func(d *queue.Depth) { *d.Ready += *d.InFlight })},
		{"tells no ready", "depth tells ready", depth(func(d *queue.Depth) { d.Ready = nil })},
		{"forgets released messages", "depth adds up after a release", depth(func(d *queue.Depth) {
			if d.Ready != nil {
				*d.Ready = 0
			}
		})},
		{"tells no age", "depth tells the age of the oldest", depth(func(d *queue.Depth) { d.OldestAge = nil })},
		{"age never grows", "depth tells the age of the oldest", depth(func(d *queue.Depth) {
			if d.OldestAge != nil {
				*d.OldestAge = 0
			}
		})},
	}
}

func brokenLives() []brokenCase {
	var made atomic.Int64
	return []brokenCase{
		{"setup empties the queue", "setup twice is fine", func() *broken {
			return &broken{setup: func(b *broken) error {
				b.log.mu.Lock()
				defer b.log.mu.Unlock()
				b.log.ready = nil
				return nil
			}}
		}},
		{"publishes though closed", "closed ends answer ErrClosed", func() *broken {
			return &broken{publish: func(p *brokenPublisher, ms []queue.Message) error {
				p.broker.log.publish(ms)
				return nil
			}}
		}},
		{"waits on though closed", "close ends a waiting receive", func() *broken {
			return &broken{receive: func(ctx context.Context, s *brokenSource, limit int) ([]queue.Delivery, error) {
				ds, err := s.memorySource.Receive(ctx, limit)
				if errors.Is(err, queue.ErrClosed) {
					<-ctx.Done()
					return nil, ctx.Err()
				}
				return ds, err
			}}
		}},
		{"second close is an error", "close twice is fine", func() *broken {
			return &broken{release: func(s *brokenSource) error {
				if s.closed.Load() {
					return errors.New("close of closed channel")
				}
				return s.memorySource.Close(context.Background())
			}}
		}},
		{"a source closes the connection", "closing one source leaves the others", func() *broken {
			return &broken{release: func(s *brokenSource) error { return s.broker.Close(context.Background()) }}
		}},
		{"dead letters are the queue itself", "dead letters are there or said not to be", func() *broken {
			return &broken{source: func(b *broken, w queue.Want) (queue.Source, error) {
				w.DeadLetters = false
				return b.Memory.Source(context.Background(), w)
			}}
		}},
		{"messages die with the connection", "messages outlive the connection", func() *broken {
			fresh := made.Add(1) > 1
			return &broken{setup: func(b *broken) error {
				if fresh {
					b.Memory.log = NewMemory().log
				}
				return nil
			}}
		}},
	}
}
