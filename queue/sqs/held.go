package sqs

import (
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

// holding is a message that is hidden from others for us. It is the Receipt of
// its delivery.
type holding struct {
	id       string
	handle   string // by which it is settled: that of the last time it came
	size     int
	since    time.Time // when it came
	beat     time.Time // when it was hidden last
	lost     bool      // its time was over: others may have it
	out      bool      // handed out
	delivery queue.Delivery
}

func isFIFO(name string) bool { return strings.HasSuffix(name, FIFO) }

func holdings(ms []types.Message, sent time.Time) []*holding {
	all := make([]*holding, 0, len(ms))
	for i := range ms {
		if ms[i].MessageId == nil || ms[i].ReceiptHandle == nil {
			continue // SQS sends none such
		}
		all = append(all, &holding{id: *ms[i].MessageId, handle: *ms[i].ReceiptHandle, since: sent, beat: sent})
	}
	return all
}

// hold keeps messages that came. One that is held already came again because
// its time was over, or because SQS delivers twice now and then: it is not
// handed out twice, and is settled by its newer handle.
func (s *source) hold(ms []types.Message, sent time.Time) {
	fresh := holdings(ms, sent)
	for i, h := range fresh {
		if old := s.held[h.id]; old != nil {
			old.handle, old.beat, old.lost = h.handle, h.beat, false
			continue
		}
		h.delivery = s.delivery(&ms[i])
		h.delivery.Receipt = h
		h.size = len(h.delivery.Body)
		s.largest = max(s.largest-s.largest/fading, h.size, firstGuess/4)
		s.held[h.id] = h
		s.bytes += h.size
		s.buffer = append(s.buffer, h)
	}
	if len(fresh) > 0 {
		s.news()
	}
}

func (s *source) delivery(in *types.Message) queue.Delivery {
	d := queue.Delivery{Message: decode(in), Position: s.from + "#" + *in.MessageId}
	const count = string(types.MessageSystemAttributeNameApproximateReceiveCount)
	d.Attempt, _ = strconv.Atoi(in.Attributes[count]) // 0: it does not say
	if s.want.DeadLetters {
		for name, value := range in.Attributes {
			setHeader(&d.Message, systemPrefix+name, value)
		}
	}
	return d
}

// systemPrefix begins the headers of dead letters that tell what SQS knows of
// them: where they come from, when they were sent and how often received.
const systemPrefix = "sqs-"

func (s *source) drop(h *holding) {
	if s.held[h.id] == h {
		delete(s.held, h.id)
		s.bytes -= h.size
	}
}
