package kafka_test

import (
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
)

// traits are Kafka's own.
func traits() queuetest.Traits {
	return queuetest.Traits{
		AttemptUnknown: "Kafka does not count deliveries",
		NoInFlight:     "Kafka knows what is not committed, not what of it somebody holds",
		PrefixAcks:     "the group keeps one offset for each partition: all before it are settled",
		MaxBodyBytes:   1 << 20,
		// A member hears of a rebalance with its next heartbeat.
		ReleaseWithin: 3 * time.Second,
		// From joining to the first message there are five requests.
		Quiet: 800 * time.Millisecond,
	}
}

func conform(t *testing.T, traits queuetest.Traits, parameters ...string) {
	server := testserver.Kafka(t)
	addresses := map[queue.Broker]string{}
	queuetest.Run(t, queuetest.Harness{
		Open: func(t testing.TB) queue.Broker {
			a := fresh(t, server, parameters...)
			b := dial(t, a)
			addresses[b] = a
			return b
		},
		Reopen: func(t testing.TB, b queue.Broker) queue.Broker { return dial(t, addresses[b]) },
		Traits: traits,
	})
}

func TestTopicConforms(t *testing.T) {
	t.Parallel()
	traits := traits()
	traits.Unordered = "order is kept within a partition, and so among messages of one key"
	conform(t, traits)
}

// TestOnePartitionConforms: it keeps the order of all.
func TestOnePartitionConforms(t *testing.T) {
	t.Parallel()
	traits := traits()
	traits.NoSharing = "a partition belongs to one source at a time"
	conform(t, traits, "partitions", "1")
}
