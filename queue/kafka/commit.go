package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"recibo/queue"
)

// Ack settles. What stands at the beginning of a partition and is settled is
// committed in the background, many acks with one request: an error here tells
// of earlier ones.
func (s *source) Ack(_ context.Context, ds []queue.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var last *assignment
	touched := make([]*assignment, 0, 16)
	for i := range ds {
		e, ok := ds[i].Receipt.(*entry)
		if !ok || e.of.source != s || e.of.gone || !e.settle() {
			continue // taken back, or acked before: no error
		}
		s.held.add(-1, -int(e.size))
		if e.of != last {
			last = e.of
			touched = append(touched, last)
		}
	}
	more := false
	for _, a := range touched {
		more = a.sweep() || more
	}
	if more {
		nudge(s.dirty)
	}
	s.news()
	if s.uncommit != nil {
		return fmt.Errorf("queue %s: commit: %w", s.b.place.target, s.uncommit)
	}
	return nil
}

// commits commits what is due, one request at a time and not too often.
func (s *source) commits(ctx context.Context) {
	for {
		select {
		case <-s.dirty:
		case <-ctx.Done():
			return
		}
		rest := commitPace
		if s.commit(ctx) != nil {
			rest = commitAgain
			nudge(s.dirty)
		}
		select {
		case <-time.After(rest):
		case <-ctx.Done():
			return
		}
	}
}

// commit commits what is due.
func (s *source) commit(ctx context.Context) error {
	s.turn.Lock()
	defer s.turn.Unlock()
	s.mu.Lock()
	due := map[int32]kgo.EpochOffset{}
	of := map[int32]*assignment{}
	for partition, a := range s.parts {
		if a.due() {
			due[partition], of[partition] = a.settled, a
		}
	}
	s.mu.Unlock()
	if len(due) == 0 {
		return nil
	}
	timed, cancel := context.WithTimeoutCause(ctx, commitTimeout, errNoAnswer)
	defer cancel()
	done, err := s.send(timed, due)
	if err != nil && timed.Err() != nil {
		err = context.Cause(timed)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, partition := range done {
		of[partition].committed = due[partition].Offset
	}
	s.uncommit = err
	if ctx.Err() != nil || fenced(err) {
		s.uncommit = nil // says nothing about the broker: what was settled comes again, or with the next commit
	}
	return err
}

// send makes one commit and returns the partitions whose offsets are kept.
func (s *source) send(ctx context.Context, due map[int32]kgo.EpochOffset) (done []int32, err error) {
	s.client.CommitOffsetsSync(ctx, map[string]map[int32]kgo.EpochOffset{s.b.place.topic: due},
		func(_ *kgo.Client, _ *kmsg.OffsetCommitRequest, answer *kmsg.OffsetCommitResponse, failure error) {
			if err = failure; failure != nil {
				return
			}
			for _, t := range answer.Topics {
				for _, p := range t.Partitions {
					if refused := kerr.ErrorForCode(p.ErrorCode); refused != nil {
						err = fmt.Errorf("partition %d: %w", p.Partition, refused)
					} else {
						done = append(done, p.Partition)
					}
				}
			}
		})
	return done, err
}

// fenced says whether a commit came too late or in the middle of a rebalance.
func fenced(err error) bool {
	for _, kind := range []error{kerr.IllegalGeneration, kerr.UnknownMemberID, kerr.RebalanceInProgress, kerr.FencedMemberEpoch, kerr.StaleMemberEpoch} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
