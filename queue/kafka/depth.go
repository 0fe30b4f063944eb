package kafka

import (
	"context"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"recibo/queue"
)

// Depth tells what the group has not committed, as far as transactions have
// ended, without what our own sources hold. What others hold of it Kafka does
// not know. The age of the oldest is by the clock that stamped the message, its
// publisher's unless the topic says otherwise.
func (b *Broker) Depth(ctx context.Context) (queue.Depth, error) {
	if err := b.ends.Usable(); err != nil {
		return queue.Depth{}, err
	}
	ready, oldest, err := b.measure(ctx)
	if err != nil {
		return queue.Depth{}, b.refused(depth, err)
	}
	for _, s := range b.sources() {
		ready -= s.holds()
	}
	ready = max(ready, 0)
	d := queue.Depth{Ready: &ready}
	if !oldest.IsZero() {
		age := max(time.Since(oldest), 0)
		d.OldestAge = &age
	}
	return d, nil
}

// holds is how many messages are handed out and not settled. What is settled
// and not yet committed still counts as waiting: it may come again.
func (s *source) holds() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return 0
	}
	return int64(s.held.messages)
}

// stretch is what the group has not committed of one partition.
type stretch struct{ from, to int64 }

func (b *Broker) measure(ctx context.Context) (ready int64, oldest time.Time, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, 2*answerTimeout, errNoAnswer)
	defer cancel()
	t, err := b.look(ctx)
	if err != nil {
		return 0, oldest, withCause(ctx, err)
	}
	open, err := b.stretches(ctx)
	if err != nil {
		return 0, oldest, withCause(ctx, err)
	}
	for partition, s := range open {
		first, err := b.first(ctx, t, partition, s)
		if err != nil {
			return 0, oldest, withCause(ctx, err)
		}
		if first == nil { // markers and gaps only
			continue
		}
		ready += s.to - first.Offset
		if oldest.IsZero() || first.Timestamp.Before(oldest) {
			oldest = first.Timestamp
		}
	}
	return ready, oldest, nil
}

// stretches are the partitions of which something is not committed.
func (b *Broker) stretches(ctx context.Context) (map[int32]stretch, error) {
	name := b.place.topic
	committed, err := b.admin.FetchOffsetsForTopics(ctx, b.place.group, name)
	if err != nil {
		return nil, err
	}
	starts, err := b.admin.ListStartOffsets(ctx, name)
	if err != nil {
		return nil, err
	}
	ends, err := b.admin.ListCommittedOffsets(ctx, name)
	if err != nil {
		return nil, err
	}
	open := map[int32]stretch{}
	for partition, end := range ends[name] {
		start, known := starts.Lookup(name, partition)
		if err := firstError(end.Err, start.Err); err != nil || !known {
			return nil, fmt.Errorf("partition %d: %w", partition, firstError(err, kerr.UnknownTopicOrPartition))
		}
		from := start.Offset
		if at, ok := committed.Lookup(name, partition); ok {
			if at.Err != nil {
				return nil, at.Err
			}
			from = max(from, at.At)
		}
		if from < end.Offset {
			open[partition] = stretch{from, end.Offset}
		}
	}
	return open, nil
}

func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// enough is how many bytes are asked for to see one message; there is always
// one batch.
const enough = 1 << 10

// first is the first message of a stretch; nil: there is none.
func (b *Broker) first(ctx context.Context, t topic, partition int32, s stretch) (*kgo.Record, error) {
	for at := s.from; at < s.to; {
		found, next, err := b.peek(ctx, t, partition, at)
		if err != nil {
			return nil, fmt.Errorf("partition %d: %w", partition, err)
		}
		if found != nil && found.Offset < s.to {
			return found, nil
		}
		if found != nil || next <= at {
			return nil, nil
		}
		at = next
	}
	return nil, nil
}

// peek fetches a little of a partition, as a reader of the topic that no group
// knows of.
func (b *Broker) peek(ctx context.Context, t topic, partition int32, at int64) (*kgo.Record, int64, error) {
	request := kmsg.NewPtrFetchRequest()
	request.MinBytes, request.MaxBytes = 1, enough
	request.IsolationLevel = 1 // read committed
	asked := kmsg.NewFetchRequestTopic()
	asked.Topic, asked.TopicID = b.place.topic, t.id
	part := kmsg.NewFetchRequestTopicPartition()
	part.Partition, part.FetchOffset, part.PartitionMaxBytes = partition, at, enough
	asked.Partitions = append(asked.Partitions, part)
	request.Topics = append(request.Topics, asked)
	answer, err := request.RequestWith(ctx, b.client.Broker(int(t.leaders[partition])))
	if err != nil {
		return nil, 0, err
	}
	if err := kerr.ErrorForCode(answer.ErrorCode); err != nil {
		return nil, 0, err
	}
	if len(answer.Topics) != 1 || len(answer.Topics[0].Partitions) != 1 {
		return nil, 0, fmt.Errorf("the broker answered for %d topics", len(answer.Topics))
	}
	got, next := kgo.ProcessFetchPartition(kgo.ProcessFetchPartitionOpts{
		Offset: at, IsolationLevel: kgo.ReadCommitted(), Topic: b.place.topic, Partition: partition,
	}, &answer.Topics[0].Partitions[0], kgo.DefaultDecompressor(), nil)
	if got.Err != nil {
		return nil, 0, got.Err
	}
	if len(got.Records) == 0 {
		return nil, next, nil
	}
	return got.Records[0], next, nil
}
