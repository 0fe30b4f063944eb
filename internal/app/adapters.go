// Package app is the composition root: the only package that knows every
// adapter. It picks them by the scheme of an address, waits for them, and puts
// recorder, simulator and reconciliation together with them.
package app

import (
	"context"
	"fmt"
	"log/slog"
	"strings"

	"recibo/internal/config"
	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/queue/rabbitmq"
	"recibo/store"
	"recibo/store/postgres"
	"recibo/store/sqlite"
)

// queueAdapter opens queues of one scheme.
type queueAdapter struct {
	scheme  string
	example string
	open    func(context.Context, config.Address, *slog.Logger) (queue.Broker, error)
	// commands are what a person runs to make the queue by hand; nil: it makes
	// itself.
	commands func(config.Address) (string, error)
}

// storeAdapter opens stores of one scheme.
type storeAdapter struct {
	scheme  string
	example string
	// selfMade: its tables are made whenever it is written to, since nobody
	// else owns the database.
	selfMade bool
	open     func(context.Context, config.Address, storeUse) (store.Store, error)
	ddl      func(context.Context) (string, error)
}

// storeUse is what a store is opened for.
type storeUse struct {
	readOnly bool
	writers  int // 0: as many as the store stands
}

var queueAdapters = []queueAdapter{
	{"embedded", "embedded:./recibo-data/queue", func(ctx context.Context, a config.Address, log *slog.Logger) (queue.Broker, error) {
		return jetstream.OpenEmbedded(ctx, a.Rest(), jetstream.Options{Log: log})
	}, nil},
	{"nats", "nats://host:4222/payments", func(ctx context.Context, a config.Address, log *slog.Logger) (queue.Broker, error) {
		return jetstream.Dial(ctx, a.Full(), jetstream.Options{Log: log})
	}, nil},
	{"amqp", "amqp://user@host:5672/vhost?queue=payments", dialRabbitMQ, rabbitMQCommands},
	{"amqps", "amqps://user@host:5671/vhost?queue=payments", dialRabbitMQ, rabbitMQCommands},
}

func dialRabbitMQ(ctx context.Context, a config.Address, log *slog.Logger) (queue.Broker, error) {
	return rabbitmq.Dial(ctx, a.Full(), rabbitmq.Options{Log: log})
}

func rabbitMQCommands(a config.Address) (string, error) { return rabbitmq.Commands(a.Full()) }

var storeAdapters = []storeAdapter{
	{"sqlite", "sqlite:./recibo-data/recibo.db", true, openSQLite, sqliteDDL},
	{"postgres", "postgres://user@host:5432/db", false, openPostgres, postgresDDL},
	{"postgresql", "postgresql://user@host:5432/db", false, openPostgres, postgresDDL},
}

func openSQLite(ctx context.Context, a config.Address, use storeUse) (store.Store, error) {
	return sqlite.Open(ctx, a.Rest(), sqlite.Options{ReadOnly: use.readOnly})
}

func openPostgres(ctx context.Context, a config.Address, use storeUse) (store.Store, error) {
	return postgres.Open(ctx, a.Full(), postgres.Options{ReadOnly: use.readOnly, Writers: use.writers})
}

func findQueue(a config.Address) (queueAdapter, error) {
	var examples []string
	for _, q := range queueAdapters {
		if q.scheme == a.Scheme {
			return q, nil
		}
		examples = append(examples, q.example)
	}
	return queueAdapter{}, unknownScheme("queue", a, examples, "kafka", "sqs")
}

func findStore(a config.Address) (storeAdapter, error) {
	var examples []string
	for _, s := range storeAdapters {
		if s.scheme == a.Scheme {
			return s, nil
		}
		examples = append(examples, s.example)
	}
	return storeAdapter{}, unknownScheme("store", a, examples, "mysql", "mariadb", "mongodb", "mongodb+srv")
}

// unknownScheme tells a system that this build lacks from a slip of the pen,
// and a queue's address from a store's.
func unknownScheme(what string, a config.Address, examples []string, others ...string) error {
	reason := fmt.Errorf("%s %s: unknown scheme %q", what, a, a.Scheme)
	for _, other := range others {
		if other == a.Scheme {
			reason = fmt.Errorf("%s %s: this build has no adapter for %s", what, a, a.Scheme)
		}
	}
	last := len(examples) - 1
	return &UsageError{Err: reason, Tip: fmt.Sprintf("--%s takes %s or %s", what, strings.Join(examples[:last], ", "), examples[last])}
}
