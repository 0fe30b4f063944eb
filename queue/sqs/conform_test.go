package sqs_test

import (
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
)

const noAge = "SQS tells the age of the oldest message by CloudWatch alone"

func TestStandardQueueConforms(t *testing.T) {
	t.Parallel()
	conforms(t, "", "a standard queue keeps no order")
}

func TestFIFOQueueConforms(t *testing.T) {
	t.Parallel()
	conforms(t, ".fifo", "a FIFO queue keeps the order of each message group alone: see TestGroupsKeepTheirOrder")
}

func conforms(t *testing.T, suffix, unordered string) {
	server := testserver.ElasticMQ(t)
	addresses := map[queue.Broker]string{}
	queuetest.Run(t, queuetest.Harness{
		Open: func(t testing.TB) queue.Broker {
			if suffix != "" && strings.HasSuffix(t.Name(), "/2500_messages_in_one_publish") {
				t.Skip("declared trait: ElasticMQ takes minutes to hand out 2500 message groups, to any client: see TestGroupsKeepTheirOrder for as many in 50")
			}
			a := server.URL(server.Queue(t) + suffix)
			b := dial(t, a)
			addresses[b] = a
			return b
		},
		Reopen: func(t testing.TB, b queue.Broker) queue.Broker { return dial(t, addresses[b]) },
		Traits: queuetest.Traits{
			Unordered: unordered, NoOldestAge: noAge, DeadLetters: true, MaxBodyBytes: 1 << 20,
			ReleaseWithin: 3 * time.Second, // five requests, on a busy machine
			Patience:      20 * time.Second,
		},
	})
}
