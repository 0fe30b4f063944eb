package kafka

import (
	"context"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// assigned is called by the library with partitions that are now ours.
func (s *source) assigned(_ context.Context, _ *kgo.Client, all map[string][]int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, partition := range all[s.b.place.topic] {
		s.parts[partition] = newAssignment(s, s.b.place.topic, partition)
	}
	s.joined = true
	s.news()
	if len(all) > 0 {
		s.b.log.Info("partitions came", "partitions", all[s.b.place.topic], "have", len(s.parts))
	}
}

// begin is called with the offsets at which those partitions go on. One that
// the broker has deleted meanwhile is a loss: the library goes on at the first
// that is there.
func (s *source) begin(ctx context.Context, at map[string]map[int32]kgo.Offset) (map[string]map[int32]kgo.Offset, error) {
	starts, err := kadm.NewClient(s.client).ListStartOffsets(ctx, s.b.place.topic)
	if err != nil {
		return at, nil // a later fetch tells it, too
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for partition, offset := range at[s.b.place.topic] {
		a, committed := s.parts[partition], offset.EpochOffset().Offset
		start, known := starts.Lookup(s.b.place.topic, partition)
		if a == nil || committed < 0 || !known || start.Err != nil {
			continue
		}
		a.expect = max(committed, start.Offset)
		if start.Offset > committed {
			s.b.tellLoss(partition, committed, start.Offset, "they were deleted before they were recorded: the topic's retention is too short")
		}
	}
	return at, nil
}

// revoked is called when the group wants partitions back, and at the end. What
// was handed out of them is waited for a moment, so that it comes to nobody
// else again.
func (s *source) revoked(ctx context.Context, _ *kgo.Client, all map[string][]int32) {
	if len(all[s.b.place.topic]) == 0 {
		return
	}
	var leaving []*assignment
	s.mu.Lock()
	for _, partition := range all[s.b.place.topic] {
		if a := s.parts[partition]; a != nil {
			a.leaving = true
			leaving = append(leaving, a)
		}
	}
	s.mu.Unlock()
	if s.drain(ctx, leaving) {
		if err := s.commit(ctx); err != nil {
			s.b.log.Warn("commit on leaving partitions failed: messages come again", "error", err)
		}
	}
	s.turn.Lock() // no commit is under way that has them
	defer s.turn.Unlock()
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range leaving {
		s.release(a)
	}
	s.b.log.Info("partitions went", "partitions", all[s.b.place.topic], "have", len(s.parts))
}

// drain waits until everything that was handed out is settled, for a while. It
// is false once the source is closed: then Close has committed.
func (s *source) drain(ctx context.Context, leaving []*assignment) bool {
	timer := time.NewTimer(drainTimeout)
	defer timer.Stop()
	for {
		held := 0
		s.mu.Lock()
		for _, a := range leaving {
			held += a.held
		}
		if held == 0 || s.closed {
			open := !s.closed
			s.mu.Unlock()
			return open
		}
		changed := s.changed
		s.waiting++
		s.mu.Unlock()
		over := false
		select {
		case <-changed:
		case <-timer.C:
			over = true
		case <-ctx.Done():
			over = true
		}
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
		if over {
			return true
		}
	}
}

// lost is called when others have the partitions already, for we were silent.
// Nothing of them may be committed any more.
func (s *source) lost(_ context.Context, _ *kgo.Client, all map[string][]int32) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, partition := range all[s.b.place.topic] {
		if a := s.parts[partition]; a != nil {
			s.release(a)
		}
	}
	if len(all) > 0 {
		s.b.log.Warn("partitions were lost: the group had not heard of us for too long", "partitions", all[s.b.place.topic])
	}
}

// release ends an assignment. What it held is no longer ours.
func (s *source) release(a *assignment) {
	a.gone = true
	delete(s.parts, a.partition)
	for _, r := range a.runs {
		for i := range r.entries {
			if r.entries[i].state == handedOut {
				s.held.add(-1, -int(r.entries[i].size))
			}
		}
	}
	a.runs, a.held = nil, 0
	nudge(s.room)
	s.news()
}
