package simulator

import (
	"context"
	"sync"
	"time"

	"recibo/ledger"
	"recibo/payment"
	"recibo/queue"
)

// batch is what is published at once.
type batch struct {
	messages []queue.Message
	kinds    []ledger.Kind
	lines    []ledger.Line // empty without a ledger

	// For control totals, empty without them: the new payments among the
	// messages by index, else nil, and a time before which nothing more occurs.
	payments []*payment.Event
	passed   time.Time
}

// generate makes batches in a goroutine of its own, the next one while one is
// being published. The second result waits for its end, which comes when the
// count is reached or ctx ends.
func (s *Simulator) generate(ctx context.Context, size int) (<-chan batch, func()) {
	batches := make(chan batch)
	var wait sync.WaitGroup
	wait.Go(func() {
		defer close(batches)
		for made := int64(0); s.Count <= 0 || made < s.Count; {
			n := size
			if s.Count > 0 {
				n = int(min(int64(n), s.Count-made))
			}
			b := s.next(n)
			made += int64(n)
			select {
			case batches <- b:
			case <-ctx.Done():
				return
			}
		}
	})
	return batches, wait.Wait
}

func newPayment(m *Message) *payment.Event {
	if m.Kind != ledger.Unique {
		return nil
	}
	return m.Event
}

func (s *Simulator) next(size int) batch {
	b := batch{messages: make([]queue.Message, size), kinds: make([]ledger.Kind, size)}
	for i := range size {
		m := s.Generator.Next()
		b.messages[i], b.kinds[i] = m.Message, m.Kind
		if s.Ledger != nil {
			b.lines = append(b.lines, m.Line())
		}
		if s.Control > 0 {
			b.payments = append(b.payments, newPayment(&m))
		}
	}
	b.passed = s.Generator.passed()
	return b
}
