package queuetest

import (
	"context"
	"errors"
	"maps"
	"slices"

	"recibo/queue"
)

type brokenCase struct {
	name   string
	by     string // the case that must catch it
	broken func() *broken
}

func brokenBrokers() []brokenCase {
	return slices.Concat(brokenContents(), brokenReceives(), brokenSettles(), brokenShares(), brokenPublishes(), brokenDepths(), brokenLives())
}

func brokenContents() []brokenCase {
	alter := func(change func(*queue.Delivery)) func() *broken { return func() *broken { return altered(change) } }
	return []brokenCase{
		{"body changed", "bytes come back identical", alter(upper)},
		{"key lost", "bytes come back identical", alter(func(d *queue.Delivery) { d.Key = "" })},
		{"body cut", "large bodies come back identical", alter(func(d *queue.Delivery) { d.Body = d.Body[:min(len(d.Body), 65536)] })},
		{"headers lost", "headers come back identical", alter(func(d *queue.Delivery) { d.Headers = nil })},
		{"own header left in", "headers come back identical", alter(func(d *queue.Delivery) {
			d.Headers = maps.Clone(d.Headers)
			if d.Headers == nil {
				d.Headers = map[string]string{}
			}
			d.Headers["broker-id"] = d.ID
		})},
		{"no position", "deliveries say where they come from", alter(func(d *queue.Delivery) { d.Position = "queue" })},
		{"deduplicates by id", "one id published twice is delivered twice", func() *broken {
			return filtered(func(seen map[string]bool, m queue.Message) bool { return once(seen, m.ID) })
		}},
		{"deduplicates by content", "one content published twice is delivered twice", func() *broken {
			return filtered(func(seen map[string]bool, m queue.Message) bool { return once(seen, string(m.Body)) })
		}},
		{"reverses batches", "order is kept", func() *broken {
			return &broken{receive: func(ctx context.Context, s *brokenSource, limit int) ([]queue.Delivery, error) {
				ds, err := s.memorySource.Receive(ctx, limit)
				slices.Reverse(ds)
				return ds, err
			}}
		}},
	}
}

func brokenReceives() []brokenCase {
	receive := func(f func(context.Context, *brokenSource, int) ([]queue.Delivery, error)) func() *broken {
		return func() *broken { return &broken{receive: f} }
	}
	return []brokenCase{
		{"returns empty", "receive waits for the first message", receive(func(ctx context.Context, s *brokenSource, limit int) ([]queue.Delivery, error) {
			if ds, _ := s.broker.log.take(s.memorySource, limit); len(ds) > 0 {
				return ds, nil
			}
			return nil, ctx.Err()
		})},
		{"ignores the limit", "receive honours its limit", receive(func(ctx context.Context, s *brokenSource, _ int) ([]queue.Delivery, error) {
			return s.memorySource.Receive(ctx, 1000)
		})},
		{"waits for the limit", "receive does not wait for its limit", receive(func(ctx context.Context, s *brokenSource, limit int) ([]queue.Delivery, error) {
			var all []queue.Delivery
			for len(all) < limit {
				ds, err := s.memorySource.Receive(ctx, limit-len(all))
				if err != nil {
					return nil, err
				}
				all = append(all, ds...)
			}
			return all, nil
		})},
		{"takes for a cancelled caller", "a cancelled receive loses nothing", receive(func(ctx context.Context, s *brokenSource, limit int) ([]queue.Delivery, error) {
			ds, err := s.memorySource.Receive(ctx, limit)
			if err != nil {
				s.broker.log.take(s.memorySource, limit)
			}
			return ds, err
		})},
		{"no bound on what is held", "want bounds what is held", func() *broken { return &broken{anySlots: true} }},
		{"never hands out what is larger than the bound", "a message larger than the wanted bytes still comes", func() *broken {
			return filtered(func(_ map[string]bool, m queue.Message) bool { return len(m.Body) <= 1000 })
		}},
	}
}

func brokenSettles() []brokenCase {
	ack := func(f func(*brokenSource, []queue.Delivery) error) func() *broken {
		return func() *broken { return &broken{ack: f} }
	}
	settle := func(s *brokenSource, ds []queue.Delivery) error { return s.memorySource.Ack(context.Background(), ds) }
	return []brokenCase{
		{"ack does nothing", "acked messages never come again", ack(func(*brokenSource, []queue.Delivery) error { return nil })},
		{"close releases nothing", "unacked messages come again at once after close", func() *broken {
			return &broken{release: func(*brokenSource) error { return nil }}
		}},
		{"close drops what was fetched ahead", "received but never handed out comes again after close", func() *broken {
			return &broken{release: func(s *brokenSource) error {
				ds, _ := s.broker.log.take(s.memorySource, 100)
				_ = settle(s, ds)
				return s.memorySource.Close(context.Background())
			}}
		}},
		{"attempt is always 1", "attempt grows with each delivery", func() *broken { return altered(func(d *queue.Delivery) { d.Attempt = 1 }) }},
		{"acks up to the highest", "a partial ack brings back the rest", ack(func(s *brokenSource, ds []queue.Delivery) error { return settleAll(s, ds) })},
		{"acks all that is held", "acks across deliveries settle only what they name", ack(func(s *brokenSource, ds []queue.Delivery) error { return settleAll(s, ds) })},
		{"second ack is an error", "acking twice is no error", ack(func(s *brokenSource, ds []queue.Delivery) error {
			for _, d := range ds {
				if r := d.Receipt.(memoryReceipt); r.item.holder == nil {
					return errors.New("unknown delivery tag")
				}
				_ = settle(s, []queue.Delivery{d})
			}
			return nil
		})},
		{"stale ack is an error", "a stale receipt is no error", ack(func(s *brokenSource, ds []queue.Delivery) error {
			for _, d := range ds {
				if r := d.Receipt.(memoryReceipt); r.item.holder != s.memorySource {
					return errors.New("unknown delivery tag")
				}
			}
			return settle(s, ds)
		})},
	}
}

// settleAll acks whatever the source holds, named or not.
func settleAll(s *brokenSource, ds []queue.Delivery) error {
	if len(ds) > 0 {
		s.broker.log.mu.Lock()
		ds = nil
		for it := range s.held {
			ds = append(ds, queue.Delivery{Receipt: memoryReceipt{it, it.attempt}})
		}
		s.broker.log.mu.Unlock()
	}
	return s.memorySource.Ack(context.Background(), ds)
}
