package kafka

import (
	"context"
	"errors"
	"sync"
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
	return s.ahead.messages < fetchAhead && s.ahead.bytes < fetchBytes
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
		r := a.add(p.Records)
		s.runs = append(s.runs, r)
		s.ahead.add(r.left(), r.bytes)
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
		for r.left() > 0 && len(ds) < limit {
			e := &r.entries[r.next]
			switch {
			case r.of.gone || r.of.leaving: // another member gets the rest
				s.ahead.add(-r.left(), -r.bytes)
				r.skip(r.left())
			case e.state == settled: // a marker
				s.ahead.add(-1, -int(e.size))
				r.skip(1)
			case !s.mayHold(int(e.size)):
				return ds
			default:
				if ds == nil {
					ds = make([]queue.Delivery, 0, min(limit, s.ahead.messages, s.want.Messages-s.held.messages))
				}
				s.ahead.add(-1, -int(e.size))
				s.held.add(1, int(e.size))
				ds = append(ds, r.deliver())
			}
		}
		if r.left() == 0 {
			s.runs[0] = nil
			s.runs = s.runs[1:]
		}
		nudge(s.room)
	}
	return ds
}

func (s *source) mayHold(size int) bool {
	if s.held.messages == 0 {
		return true
	}
	return s.held.messages < s.want.Messages && (s.want.Bytes <= 0 || s.held.bytes+size <= s.want.Bytes)
}

// watch follows whether the cluster answers.
func (s *source) watch(ctx context.Context) {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	var pings sync.WaitGroup
	defer pings.Wait()
	asked := time.Now()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-ticker.C:
			if now.Sub(asked) > pingEvery && s.waitsForOthers() {
				asked = now
				pings.Go(func() { s.ping(ctx) })
			}
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

// waitsForOthers says whether the group has given us nothing. It gives nothing to
// anybody until it has heard of all members or given them up, and says nothing
// meanwhile: that is no outage.
func (s *source) waitsForOthers() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.parts) == 0
}

// ping asks any broker for anything: health hears the answer.
func (s *source) ping(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, pingEvery)
	defer cancel()
	_ = s.client.Ping(ctx)
}
