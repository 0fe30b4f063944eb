package kafka

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
)

// poll takes from the library what it fetched, as long as there is room. What
// it keeps meanwhile is bounded, and it goes on telling the group that we live.
func (s *source) poll(ctx context.Context) {
	for ctx.Err() == nil {
		if !s.hasRoom() {
			select {
			case <-s.room:
			case <-ctx.Done():
			}
			continue
		}
		fetches := s.client.PollRecords(ctx, fetchAhead)
		s.mu.Lock()
		s.enter(ctx, fetches)
		again := s.anew
		s.anew = false
		s.mu.Unlock()
		s.client.AllowRebalance()
		if again {
			s.subscribeAnew(ctx)
		}
	}
}

// subscribeAnew is for a topic that was deleted: the library stays with it,
// also if there is another one by its name.
func (s *source) subscribeAnew(ctx context.Context) {
	for ctx.Err() == nil {
		_, err := s.b.look(ctx)
		if err == nil {
			s.b.log.Warn("the topic was deleted and made again", "topic", s.b.place.topic)
			s.client.PurgeTopicsFromConsuming(s.b.place.topic)
			s.client.AddConsumeTopics(s.b.place.topic)
			return
		}
		s.mu.Lock()
		s.complain(err)
		s.mu.Unlock()
		select {
		case <-ctx.Done():
		case <-time.After(outageAfter):
		}
	}
}

func (s *source) hasRoom() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ahead < fetchAhead
}

// enter books what was polled.
func (s *source) enter(ctx context.Context, fetches kgo.Fetches) {
	fetches.EachPartition(func(p kgo.FetchTopicPartition) {
		if p.Err != nil && ctx.Err() == nil {
			s.complain(p.Err)
		}
		a := s.parts[p.Partition]
		if len(p.Records) == 0 || a == nil {
			return
		}
		first := p.Records[0].Offset
		if a.expect >= 0 && first > a.expect && p.LogStartOffset > a.expect {
			s.b.tellLoss(a.partition, a.expect, min(first, p.LogStartOffset), "they were deleted before they were recorded: the topic's retention is too short")
		}
		if first < a.expect { // the log was cut and grew again: offsets name other messages now
			s.release(a)
			a = newAssignment(s, s.b.place.topic, a.partition)
			s.parts[a.partition] = a
		}
		s.runs = append(s.runs, a.add(p.Records))
		s.ahead += len(p.Records)
		if a.sweep() { // it begins with markers, and nothing before them is open
			nudge(s.dirty)
		}
	})
	s.news()
}

// complain notes an error of the library, to be told by Receive.
func (s *source) complain(err error) {
	var loss *kgo.ErrDataLoss
	if errors.As(err, &loss) {
		s.b.tellLoss(loss.Partition, loss.ResetTo, loss.ConsumedTo, "the broker has lost them: a replica that lagged has become the leader")
		return
	}
	var session *kgo.ErrGroupSession
	var said *kerr.Error
	if errors.As(err, &session) && (!errors.As(err, &said) || said.Retriable) {
		return // a connection that broke: watch tells if that lasts
	}
	s.anew = missing(err)
	s.fault = err
	s.news()
}

// tellLoss is for people: messages from one offset to another are gone.
func (b *Broker) tellLoss(partition int32, from, to int64, why string) {
	b.log.Error("messages are lost", "topic", b.place.topic, "partition", partition, "from_offset", from, "to_offset", to, "at_most", to-from, "why", why)
}

// take hands out what may be held in addition. One message always may.
func (s *source) take(limit int) []queue.Delivery {
	var ds []queue.Delivery
	for len(s.runs) > 0 && len(ds) < limit {
		r := s.runs[0]
		switch {
		case r.of.gone || r.of.leaving: // another member gets the rest
			s.ahead -= r.left()
			r.next = len(r.entries)
		case r.left() > 0 && r.entries[r.next].state == settled: // a marker
			s.ahead--
			r.next++
		case r.left() > 0:
			size := int(r.entries[r.next].size)
			if s.held >= s.want.Messages || s.held > 0 && s.want.Bytes > 0 && s.bytes+size > s.want.Bytes {
				return ds
			}
			if ds == nil {
				ds = make([]queue.Delivery, 0, min(limit, s.ahead, s.want.Messages-s.held))
			}
			ds = append(ds, r.deliver())
			s.ahead--
			s.held++
			s.bytes += size
			continue
		}
		if r.left() == 0 {
			s.runs[0] = nil
			s.runs = s.runs[1:]
			nudge(s.room)
		}
	}
	return ds
}

// watch follows whether the cluster answers.
func (s *source) watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			outage := s.health.outage(now)
			s.mu.Lock()
			s.outage = outage
			if outage != nil {
				s.news()
			}
			s.mu.Unlock()
		}
	}
}
