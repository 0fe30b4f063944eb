package jetstream

import (
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"recibo/queue"
)

// holding is a message that the server counts as delivered to us and unacked.
// It is the Receipt of its delivery.
type holding struct {
	sequence  uint64
	published time.Time
	reply     string // where to ack it
	size      int
	beat      time.Time // when the server last heard of it
	delivery  queue.Delivery
}

// hold keeps a message that came. One that is held already came again because
// the server did not hear of it in time: it is not handed out twice, and is
// acked under the newer reply.
func (s *source) hold(msg *nats.Msg, meta *nats.MsgMetadata) {
	now := time.Now()
	seq := meta.Sequence.Stream
	if old := s.held[seq]; old != nil && old.published.Equal(meta.Timestamp) {
		old.reply, old.beat = msg.Reply, now
		return
	}
	h := &holding{sequence: seq, published: meta.Timestamp, reply: msg.Reply, size: msg.Size(), beat: now}
	h.delivery = queue.Delivery{
		Message:  decode(msg),
		Attempt:  int(meta.NumDelivered),
		Position: fmt.Sprintf("%s@%d", meta.Stream, seq),
		Receipt:  h,
	}
	s.held[seq] = h
	s.bytes += h.size
	s.buffer = append(s.buffer, h)
	s.news()
}

func (s *source) drop(h *holding) {
	delete(s.held, h.sequence)
	s.bytes -= h.size
}

// release forgets all that is held and returns where to give it back.
func (s *source) release() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	replies := make([]string, 0, len(s.held))
	for _, h := range s.held {
		replies = append(replies, h.reply)
	}
	s.forgetHeld()
	return replies
}

// forgetHeld makes all receipts stale.
func (s *source) forgetHeld() {
	s.held, s.buffer, s.bytes = map[uint64]*holding{}, nil, 0
}

// keepAlive returns the replies of what the server should hear of now, so that
// it is not redelivered while the database is slow or away.
func (s *source) keepAlive(now time.Time) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	var due []string
	for _, h := range s.held {
		if now.Sub(h.beat) >= s.ackWait/3-tick/2 {
			h.beat = now
			due = append(due, h.reply)
		}
	}
	return due
}

// news wakes every Receive that waits.
func (s *source) news() {
	close(s.changed)
	s.changed = make(chan struct{})
}
