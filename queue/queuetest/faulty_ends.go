package queuetest

import (
	"context"
	"sync"

	"recibo/queue"
)

type faultySource struct {
	queue.Source
	faults *Faulty

	mu    sync.Mutex
	again []queue.Delivery // their ack was lost: to be handed out again
	wake  chan struct{}    // tells a Receive that waits for others about them
}

func (s *faultySource) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	if err := s.faults.failing(); err != nil {
		return nil, err
	}
	if hook := s.faults.BeforeReceive; hook != nil {
		if err := hook(); err != nil {
			return nil, err
		}
	}
	for {
		ds, err := s.next(ctx, limit)
		if hook := s.faults.AfterReceive; err == nil && hook != nil {
			ds = hook(ds)
		}
		if len(ds) > 0 || err != nil {
			return ds, err
		}
	}
}

// next returns lost acks first, else what the wrapped source has. It returns
// nothing at all when it was woken.
func (s *faultySource) next(ctx context.Context, limit int) ([]queue.Delivery, error) {
	if ds := s.takeAgain(limit); len(ds) > 0 {
		return ds, nil
	}
	cut, cancel := context.WithCancel(ctx)
	defer cancel()
	var watch sync.WaitGroup
	watch.Go(func() {
		select {
		case <-s.wake:
		case <-s.faults.outage():
		case <-cut.Done():
		}
		cancel()
	})
	ds, err := s.Source.Receive(cut, limit)
	woken := cut.Err() != nil && ctx.Err() == nil
	cancel()
	watch.Wait()
	if err != nil && woken {
		return nil, s.faults.failing()
	}
	return ds, err
}

func (s *faultySource) takeAgain(limit int) []queue.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := min(limit, len(s.again))
	ds := s.again[:n:n]
	s.again = s.again[n:]
	return ds
}

func (s *faultySource) Ack(ctx context.Context, ds []queue.Delivery) error {
	if err := s.faults.failing(); err != nil {
		return err
	}
	hook := s.faults.BeforeAck
	if hook == nil {
		return s.Source.Ack(ctx, ds)
	}
	settled, answer := hook(ds)
	if err := s.Source.Ack(ctx, settled); err != nil {
		return err
	}
	s.bringBack(ds, settled)
	return answer
}

func (s *faultySource) bringBack(ds, settled []queue.Delivery) {
	gone := map[any]bool{}
	for _, d := range settled {
		gone[d.Receipt] = true
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range ds {
		if !gone[d.Receipt] {
			d.Attempt++
			s.again = append(s.again, d)
		}
	}
	if len(s.again) == 0 {
		return
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

type faultyPublisher struct {
	queue.Publisher
	faults *Faulty
}

func (p *faultyPublisher) Publish(ctx context.Context, ms []queue.Message) error {
	if err := p.faults.failing(); err != nil {
		return &queue.PartialError{Refused: indexes(len(ms)), Err: err}
	}
	sent := ms
	if hook := p.faults.BeforePublish; hook != nil {
		var err error
		if sent, err = hook(ms); err != nil {
			return err
		}
	}
	err := p.Publisher.Publish(ctx, sent)
	if hook := p.faults.AfterPublish; hook != nil {
		err = hook(ms, err)
	}
	return err
}
