package kafka

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kerr"
)

const cleanup = "cleanup.policy"

// settings of a topic that Setup makes. Compaction would keep one event for
// each transaction_id, and so drop what a conflict is seen by.
func settings() map[string]*string { return map[string]*string{cleanup: kadm.StringPtr("delete")} }

// Setup makes the topic if it is not there: with the partitions of the address,
// and for the rest as the cluster sees fit. It changes nothing that is there.
func (b *Broker) Setup(ctx context.Context) error {
	if err := b.ends.Usable(); err != nil {
		return err
	}
	if err := b.setUp(ctx); err != nil {
		return b.refused(settingUp, err)
	}
	return nil
}

func (b *Broker) setUp(ctx context.Context) error {
	found, err := b.look(ctx)
	switch {
	case err == nil && found.complete() == nil:
		return nil
	case err == nil: // made a moment ago
	case !missing(err):
		return err
	default:
		_, err := b.admin.CreateTopic(ctx, b.place.partitions, b.place.replicas, settings(), b.place.topic)
		if err != nil && !errors.Is(err, kerr.TopicAlreadyExists) {
			return fmt.Errorf("make topic %s: %w", b.place.topic, err)
		}
	}
	return b.awaitTopic(ctx)
}

// awaitTopic waits until the brokers have heard of a topic that was just made.
func (b *Broker) awaitTopic(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answerTimeout)
	defer cancel()
	for {
		found, err := b.look(ctx)
		if err == nil {
			err = found.complete()
		}
		if err == nil || !missing(err) && !errors.Is(err, errNoLeader) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// warn tells of a topic that forgets. Who may not see its settings is not told.
func (b *Broker) warn(ctx context.Context) {
	found, err := b.admin.DescribeTopicConfigs(ctx, b.place.topic)
	if err != nil {
		return
	}
	for _, resource := range found {
		at := slices.IndexFunc(resource.Configs, func(c kadm.Config) bool { return c.Key == cleanup })
		if resource.Err == nil && at >= 0 && strings.Contains(resource.Configs[at].MaybeValue(), "compact") {
			b.log.Warn("the topic is compacted: of several messages with one key Kafka keeps the last, so duplicates and conflicts may be gone before they are recorded; set cleanup.policy=delete",
				"topic", b.place.topic, cleanup, resource.Configs[at].MaybeValue())
		}
	}
}
