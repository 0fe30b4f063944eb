package sqs

import (
	"context"
	"slices"
	"sync"
	"time"
)

// margin keeps us from asking for more than SQS grants in all.
const margin = time.Minute

// beat keeps hidden what is held, handed out or not, until Close. Each message
// is due at half of its time; those that are go ten in a request, a few requests
// at once.
func (s *source) beat() {
	defer close(s.still)
	ticks := time.NewTicker(s.b.place.visibility / 10)
	defer ticks.Stop()
	for {
		select {
		case <-s.life.Done():
			return
		case <-ticks.C:
		}
		var wait sync.WaitGroup
		slots := make(chan struct{}, beaters)
		for batch := range slices.Chunk(s.due(time.Now()), perBatch) {
			slots <- struct{}{}
			if s.life.Err() != nil {
				break
			}
			wait.Go(func() {
				s.keep(batch)
				<-slots
			})
		}
		wait.Wait()
	}
}

// due is what has to be kept hidden now. What SQS will not hide any longer, 12
// hours after it came, is let go.
func (s *source) due(now time.Time) []*holding {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []*holding
	for _, h := range s.held {
		if !h.lost && now.Sub(h.beat) >= s.b.place.visibility/2 && now.Sub(h.since) < longestHeld-2*margin {
			all = append(all, h)
		}
	}
	slices.SortFunc(all, func(a, b *holding) int { return a.beat.Compare(b.beat) }) // the most urgent first
	return all
}

// keep sends one heartbeat. What fails is due again at the next tick. Close does
// not cut it short: done late, it would hide what was given back.
func (s *source) keep(batch []*holding) {
	sent := time.Now()
	rest, lost, err := s.hide(context.Background(), batch, s.b.place.visibility)
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && len(rest) == len(batch) {
		return
	}
	for _, h := range batch {
		if !slices.Contains(rest, h) {
			h.beat = sent
		}
	}
	for _, h := range lost {
		s.lose(h)
	}
}

// lose notes that others may have a message: what was not handed out will not
// be, for it comes again.
func (s *source) lose(h *holding) {
	if s.held[h.id] != h {
		return // acked meanwhile
	}
	h.lost = true
	s.b.log.Debug("a message was held for longer than its visibility timeout", "position", s.from+"#"+h.id)
	if !h.out {
		s.drop(h)
		s.buffer = slices.DeleteFunc(s.buffer, func(each *holding) bool { return each == h })
		s.plan()
	}
}
