package kafka

import (
	"context"
	"errors"
	"fmt"
	"math"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// topic is what a cluster says of ours.
type topic struct {
	id         [16]byte
	leaders    map[int32]int32 // of each partition; negative: none
	operations int32           // what we may do, a bit for each
}

var errNoLeader = errors.New("a partition has no leader")

// look asks for the topic. The library's own words for one that is not there
// are kept.
func (b *Broker) look(ctx context.Context) (topic, error) {
	name := b.place.topic
	request := kmsg.NewPtrMetadataRequest()
	request.IncludeTopicAuthorizedOperations = true
	request.AllowAutoTopicCreation = false
	asked := kmsg.NewMetadataRequestTopic()
	asked.Topic = &name
	request.Topics = append(request.Topics, asked)
	answer, err := request.RequestWith(ctx, b.client)
	if err != nil {
		return topic{}, err
	}
	if len(answer.Topics) != 1 {
		return topic{}, fmt.Errorf("%d topics in the answer", len(answer.Topics))
	}
	found := answer.Topics[0]
	if err := kerr.ErrorForCode(found.ErrorCode); err != nil {
		return topic{}, fmt.Errorf("topic %s: %w", name, err)
	}
	t := topic{id: found.TopicID, leaders: map[int32]int32{}, operations: found.AuthorizedOperations}
	for _, p := range found.Partitions {
		t.leaders[p.Partition] = p.Leader
		if p.ErrorCode != 0 && p.ErrorCode != kerr.ReplicaNotAvailable.Code {
			t.leaders[p.Partition] = -1
		}
	}
	return t, nil
}

// complete says whether each partition has a leader.
func (t topic) complete() error {
	for _, leader := range t.leaders {
		if leader < 0 {
			return errNoLeader
		}
	}
	return nil
}

// denied is a right that our account lacks.
type denied struct{ right, on string }

func (d denied) Error() string { return fmt.Sprintf("no right to %s %s", d.right, d.on) }

// may says whether we have a right; brokers before 2.3 do not tell.
func (t topic) may(operation kadm.ACLOperation) bool {
	return t.operations == math.MinInt32 || t.operations&(1<<operation) != 0
}

// missing says whether a topic is not there.
func missing(err error) bool {
	return errors.Is(err, kerr.UnknownTopicOrPartition) || errors.Is(err, kerr.UnknownTopicID)
}
