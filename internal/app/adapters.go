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
	"recibo/queue/kafka"
	"recibo/queue/rabbitmq"
	"recibo/queue/sqs"
	"recibo/store"
	"recibo/store/mongodb"
	"recibo/store/mysql"
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
	// allowStandalone accepts a MongoDB without transactions.
	allowStandalone bool
}

var queueAdapters = []queueAdapter{
	{"embedded", "embedded:./recibo-data/queue", func(ctx context.Context, a config.Address, log *slog.Logger) (queue.Broker, error) {
		return jetstream.OpenEmbedded(ctx, a.Rest(), jetstream.Options{Log: log})
	}, nil},
	{"nats", "nats://host:4222/payments", dialer(jetstream.Dial, func(l *slog.Logger) jetstream.Options { return jetstream.Options{Log: l} }), nil},
	{"amqp", "amqp://user@host:5672/vhost?queue=payments", dialRabbitMQ, printer(rabbitmq.Commands)},
	{"amqps", "amqps://user@host:5671/vhost?queue=payments", dialRabbitMQ, printer(rabbitmq.Commands)},
	{"kafka", "kafka://host:9092/payments?group=recibo", dialer(kafka.Dial, func(l *slog.Logger) kafka.Options { return kafka.Options{Log: l} }), printer(kafka.Commands)},
	{"sqs", "sqs://sa-east-1/payments", openSQS, printer(sqs.Commands)},
}

var dialRabbitMQ = dialer(rabbitmq.Dial, func(l *slog.Logger) rabbitmq.Options { return rabbitmq.Options{Log: l} })

// dialer makes an adapter's Dial one of this table.
func dialer[B queue.Broker, O any](dial func(context.Context, string, O) (B, error), options func(*slog.Logger) O) func(context.Context, config.Address, *slog.Logger) (queue.Broker, error) {
	return func(ctx context.Context, a config.Address, log *slog.Logger) (queue.Broker, error) {
		b, err := dial(ctx, a.Full(), options(log))
		if err != nil {
			return nil, err // a nil *Broker would be no nil Broker
		}
		return b, nil
	}
}

func printer(commands func(string) (string, error)) func(config.Address) (string, error) {
	return func(a config.Address) (string, error) { return commands(a.Full()) }
}

var storeAdapters = []storeAdapter{
	{"sqlite", "sqlite:./recibo-data/recibo.db", true, openSQLite, sqliteDDL},
	{"postgres", "postgres://user@host:5432/db", false, openPostgres, postgresDDL},
	{"postgresql", "postgresql://user@host:5432/db", false, openPostgres, postgresDDL},
	{"mysql", "mysql://user@host:3306/db", false, openMySQL, mysqlDDL},
	{"mongodb", "mongodb://user@host:27017/db", false, openMongoDB, mongoDDL},
	{"mongodb+srv", "mongodb+srv://user@host/db", false, openMongoDB, mongoDDL},
}

func openSQLite(ctx context.Context, a config.Address, use storeUse) (store.Store, error) {
	return opened(sqlite.Open(ctx, a.Rest(), sqlite.Options{ReadOnly: use.readOnly}))
}

func openPostgres(ctx context.Context, a config.Address, use storeUse) (store.Store, error) {
	return opened(postgres.Open(ctx, a.Full(), postgres.Options{ReadOnly: use.readOnly, Writers: use.writers}))
}

func openMySQL(ctx context.Context, a config.Address, use storeUse) (store.Store, error) {
	return opened(mysql.Open(ctx, a.Full(), mysql.Options{ReadOnly: use.readOnly, Writers: use.writers}))
}

// openMongoDB lets everybody read from a standalone server: only writing gives
// something up there.
func openMongoDB(ctx context.Context, a config.Address, use storeUse) (store.Store, error) {
	return opened(mongodb.Open(ctx, a.Full(), mongodb.Options{ReadOnly: use.readOnly, Writers: use.writers,
		AllowStandalone: use.allowStandalone || use.readOnly}))
}

// opened keeps a nil pointer from becoming a Store that is not nil.
func opened[S store.Store](s S, err error) (store.Store, error) {
	if err != nil {
		return nil, err
	}
	return s, nil
}

func findQueue(a config.Address) (queueAdapter, error) {
	var examples []string
	for _, q := range queueAdapters {
		if q.scheme == a.Scheme {
			return q, nil
		}
		examples = append(examples, q.example)
	}
	return queueAdapter{}, unknownScheme("queue", a, examples)
}

func findStore(a config.Address) (storeAdapter, error) {
	var examples []string
	for _, s := range storeAdapters {
		if s.scheme == a.Scheme {
			return s, nil
		}
		examples = append(examples, s.example)
	}
	return storeAdapter{}, unknownScheme("store", a, examples)
}

// unknownScheme tells a queue's address from a store's, and names what there
// is.
func unknownScheme(what string, a config.Address, examples []string) error {
	last := len(examples) - 1
	return &UsageError{Err: fmt.Errorf("%s %s: unknown scheme %q", what, a, a.Scheme),
		Tip: fmt.Sprintf("--%s takes %s or %s", what, strings.Join(examples[:last], ", "), examples[last])}
}
