package rabbitmq_test

import (
	"context"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
	"recibo/queue/rabbitmq"
)

const (
	noInFlight = "AMQP does not tell what others hold"
	noAge      = "AMQP does not tell the age of the oldest message"
)

func TestQuorumQueueConforms(t *testing.T) {
	t.Parallel()
	server := testserver.RabbitMQ(t)
	addresses := map[queue.Broker]string{}
	queuetest.Run(t, queuetest.Harness{
		Open: func(t testing.TB) queue.Broker {
			a := server.URL("admin", server.VirtualHost(t), "payments")
			b := dial(t, a)
			addresses[b] = a
			return b
		},
		Reopen: func(t testing.TB, b queue.Broker) queue.Broker { return dial(t, addresses[b]) },
		Traits: queuetest.Traits{NoInFlight: noInFlight, NoOldestAge: noAge, DeadLetters: true},
	})
}

// used is a queue of the user's: Recibo is told not to set it up.
type used struct{ *rabbitmq.Broker }

func (used) Setup(context.Context) error { return nil }

// TestForeignClassicQueueConforms: a classic queue that another client made,
// with no dead letters, is used as it is.
func TestForeignClassicQueueConforms(t *testing.T) {
	t.Parallel()
	server := testserver.RabbitMQ(t)
	addresses := map[queue.Broker]string{}
	queuetest.Run(t, queuetest.Harness{
		Open: func(t testing.TB) queue.Broker {
			a := server.URL("admin", server.VirtualHost(t), "pagamentos")
			declare(t, a, "pagamentos", nil)
			b := used{dial(t, a)}
			addresses[b] = a
			return b
		},
		Reopen: func(t testing.TB, b queue.Broker) queue.Broker { return used{dial(t, addresses[b])} },
		Traits: queuetest.Traits{
			AttemptUnknown: "classic queues do not count deliveries",
			NoInFlight:     noInFlight, NoOldestAge: noAge,
		},
	})
}
