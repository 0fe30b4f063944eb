package sqs

import (
	"hash/fnv"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

// entry is a message on its way into a request.
type entry struct {
	at   int // index of the message
	size int
	wire types.SendMessageBatchRequestEntry
}

// lane is batches that go one after the other: those of a FIFO queue whose
// messages may be of the same group.
type lane [][]entry

// pack makes the requests of ms, as large as SQS takes them. What is too large
// by itself goes to refuse.
func (p *publisher) pack(ms []queue.Message, refuse func(int)) []lane {
	fifo := p.b.place.fifo()
	count := 1
	if fifo {
		count = senders
	}
	packed := make([]packing, count)
	for i := range ms {
		e := p.entry(i, &ms[i])
		switch {
		case int64(e.size) > p.largest.Load():
			refuse(i)
		case fifo:
			h := fnv.New32a()
			_, _ = h.Write([]byte(*e.wire.MessageGroupId))
			packed[h.Sum32()%uint32(count)].add(e)
		default:
			packed[0].add(e)
		}
	}
	var lanes []lane
	for _, c := range packed {
		switch {
		case fifo && len(c.batches) > 0:
			lanes = append(lanes, c.batches)
		default:
			for _, batch := range c.batches {
				lanes = append(lanes, lane{batch})
			}
		}
	}
	return lanes
}

func (p *publisher) entry(at int, m *queue.Message) entry {
	body, attributes, size := encode(*m)
	e := entry{at: at, size: size, wire: types.SendMessageBatchRequestEntry{MessageBody: &body, MessageAttributes: attributes}}
	if p.b.place.fifo() {
		group, number := p.b.place.group(*m), p.numbers.next()
		e.wire.MessageGroupId, e.wire.MessageDeduplicationId = &group, &number
	}
	return e
}

// packing fills one batch after the other.
type packing struct {
	batches [][]entry
	size    int // of the last
}

func (c *packing) add(e entry) {
	last := len(c.batches) - 1
	if last < 0 || len(c.batches[last]) == perBatch || c.size+e.size > mostBytes {
		c.batches = append(c.batches, make([]entry, 0, perBatch))
		last, c.size = last+1, 0
	}
	c.batches[last] = append(c.batches[last], e)
	c.size += e.size
}

// label numbers the entries of one request: their ids need to be distinct.
func label(batch []entry) []types.SendMessageBatchRequestEntry {
	entries := make([]types.SendMessageBatchRequestEntry, len(batch))
	for i := range batch {
		batch[i].wire.Id = &digits[i]
		entries[i] = batch[i].wire
	}
	return entries
}

// digits are the ids of entries: each request has its own.
var digits = func() (all [perBatch]string) {
	for i := range all {
		all[i] = strconv.Itoa(i)
	}
	return all
}()

// which is the index of an entry that an answer names; -1 if it names none.
func which(id *string, n int) int {
	if id != nil {
		if i, err := strconv.Atoi(*id); err == nil && i >= 0 && i < n {
			return i
		}
	}
	return -1
}
