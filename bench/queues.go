package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/queue/kafka"
	"recibo/queue/rabbitmq"
	"recibo/queue/sqs"
)

func embeddedEnd() (queueEnd, error) {
	open := func(ctx context.Context, dir string) (queue.Broker, error) {
		broker, err := jetstream.OpenEmbedded(ctx, filepath.Join(dir, "queue"), jetstream.Options{})
		if err != nil {
			return nil, err
		}
		return broker, broker.Setup(ctx)
	}
	return queueEnd{name: "embedded", events: 100_000, queue: open, reopen: open}, nil
}

func rabbitEnd() (queueEnd, error) {
	s, err := testserver.OpenRabbitMQ()
	if err != nil {
		return queueEnd{}, err
	}
	return numbered("RabbitMQ", 100_000, s, func(ctx context.Context, name string) (queue.Broker, error) {
		return rabbitmq.Dial(ctx, s.URL("admin", "/", name), rabbitmq.Options{})
	}), nil
}

// numbered is a server that has queues by name: a new one each time.
func numbered(name string, events int, s server, dial func(ctx context.Context, name string) (queue.Broker, error)) queueEnd {
	n := 0
	open := func(ctx context.Context, _ string) (queue.Broker, error) {
		broker, err := dial(ctx, fmt.Sprintf("bench%d", n))
		if err != nil {
			return nil, err
		}
		return broker, broker.Setup(ctx)
	}
	fresh := func(ctx context.Context, dir string) (queue.Broker, error) {
		n++
		return open(ctx, dir)
	}
	return queueEnd{name: name, events: events, queue: fresh, reopen: open, server: s}
}

func kafkaEnd() (queueEnd, error) {
	s, err := testserver.OpenKafka()
	if err != nil {
		return queueEnd{}, err
	}
	return numbered("Kafka", 400_000, s, func(ctx context.Context, name string) (queue.Broker, error) {
		return kafka.Dial(ctx, s.URL("", name, name), kafka.Options{}) // a group of its own
	}), nil
}

// sqsEnd takes the credentials of the test server from the environment, where
// AWS's clients look for them.
func sqsEnd() (queueEnd, error) {
	s, err := testserver.OpenElasticMQ()
	if err != nil {
		return queueEnd{}, err
	}
	for _, variable := range s.Env() {
		name, value, _ := strings.Cut(variable, "=")
		if err := os.Setenv(name, value); err != nil {
			return queueEnd{}, errors.Join(err, s.Close())
		}
	}
	return numbered("SQS", 50_000, s, func(ctx context.Context, name string) (queue.Broker, error) {
		return sqs.Dial(ctx, s.URL(name), sqs.Options{})
	}), nil
}
