package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/rabbitmq"
	"recibo/store"
	"recibo/store/postgres"
)

// realRig starts RabbitMQ and PostgreSQL of its own.
func realRig() (*rig, error) {
	rabbit, err := testserver.OpenRabbitMQ()
	if err != nil {
		return nil, err
	}
	database, err := testserver.OpenPostgres(
		testserver.Setting("shared_buffers", "512MB"), testserver.Setting("max_wal_size", "8GB"))
	if err != nil {
		return nil, errors.Join(err, rabbit.Close())
	}
	r := &realServers{rabbit: rabbit, database: database}
	return &rig{
		name: "RabbitMQ → PostgreSQL", queue: r.freshQueue, reopen: r.openQueue, store: r.freshStore, inserter: r.inserter,
		cpu:   func() (time.Duration, time.Duration) { return rabbit.CPU(), database.CPU() },
		close: func() { _ = errors.Join(rabbit.Close(), database.Close()) },
	}, nil
}

type realServers struct {
	rabbit   *testserver.RabbitServer
	database *testserver.PostgresServer
	queues   int
	stores   int
}

func (r *realServers) freshQueue(ctx context.Context, dir string) (queue.Broker, error) {
	r.queues++
	return r.openQueue(ctx, dir)
}

func (r *realServers) openQueue(ctx context.Context, _ string) (queue.Broker, error) {
	broker, err := rabbitmq.Dial(ctx, r.rabbit.URL("admin", "/", fmt.Sprintf("bench%d", r.queues)), rabbitmq.Options{})
	if err != nil {
		return nil, err
	}
	return broker, broker.Setup(ctx)
}

func (r *realServers) freshStore(ctx context.Context, _ string) (store.Store, error) {
	url, err := r.freshDatabase(ctx)
	if err != nil {
		return nil, err
	}
	s, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return nil, err
	}
	return s, s.Migrate(ctx)
}

func (r *realServers) freshDatabase(ctx context.Context) (string, error) {
	r.stores++
	conn, err := pgx.Connect(ctx, r.database.URL("postgres", "postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("bench%d", r.stores)
	if r.stores > 1 { // one at a time: the files of the last one go
		if _, err := conn.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS bench%d WITH (FORCE)", r.stores-1)); err != nil {
			return "", err
		}
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return r.database.URL("postgres", name), nil
}

const (
	rawConnections = 2 // two keep two cores busy
	rawColumns     = `transaction_id, amount, currency, payer_account, payee_account, occurred_at, method, source, extra,
		fingerprint, queue, position, recorded_at`
	rawTypes = "text,numeric,text,text,text,timestamptz,text,text,json,bytea,text,text,timestamptz"
)

// inserter writes over two connections, one statement a transaction.
func (r *realServers) inserter(ctx context.Context, dir string) (func(context.Context, []store.Payment) error, func(), error) {
	s, err := r.freshStore(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Close(); err != nil {
		return nil, nil, err
	}
	var conns []*pgx.Conn
	done := func() {
		for _, conn := range conns {
			_ = conn.Close(context.Background())
		}
	}
	for range rawConnections {
		conn, err := pgx.Connect(ctx, r.database.URL("postgres", fmt.Sprintf("bench%d", r.stores)))
		if err != nil {
			done()
			return nil, nil, err
		}
		conns = append(conns, conn)
	}
	return func(ctx context.Context, payments []store.Payment) error { return insertShared(ctx, conns, payments) }, done, nil
}

func insertShared(ctx context.Context, conns []*pgx.Conn, payments []store.Payment) error {
	errs := make(chan error, len(conns))
	share := (len(payments) + len(conns) - 1) / len(conns)
	for i, conn := range conns {
		part := payments[min(i*share, len(payments)):min((i+1)*share, len(payments))]
		go func() { errs <- insertPart(ctx, conn, part) }()
	}
	var err error
	for range conns {
		err = errors.Join(err, <-errs)
	}
	return err
}

func insertPart(ctx context.Context, conn *pgx.Conn, payments []store.Payment) error {
	statement := rawStatement()
	for rest := payments; len(rest) > 0; {
		n := min(len(rest), rawTransaction)
		if err := insertBatch(ctx, conn, statement, rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	return nil
}

func rawStatement() string {
	var columns []string
	for i, t := range strings.Split(rawTypes, ",") {
		columns = append(columns, fmt.Sprintf("$%d::%s[]", i+1, t))
	}
	return "INSERT INTO payments (" + rawColumns + ") SELECT * FROM unnest(" + strings.Join(columns, ", ") +
		") ON CONFLICT (transaction_id) DO NOTHING"
}

func insertBatch(ctx context.Context, conn *pgx.Conn, statement string, payments []store.Payment) error {
	var ids, amounts, currencies, payers, payees, methods, sources, queues, positions []string
	var extras []*string
	var fingerprints [][]byte
	var occurred, recorded []time.Time
	for i := range payments {
		p := &payments[i]
		ids, amounts, currencies = append(ids, p.TransactionID), append(amounts, p.Amount.Decimal()), append(currencies, string(p.Amount.Currency))
		payers, payees = append(payers, p.PayerAccount), append(payees, p.PayeeAccount)
		occurred, recorded = append(occurred, p.OccurredAt), append(recorded, p.RecordedAt)
		methods, sources, extras = append(methods, p.Method), append(sources, p.Source), append(extras, nil)
		fingerprints = append(fingerprints, p.Fingerprint[:])
		queues, positions = append(queues, p.Queue), append(positions, p.Position)
	}
	tx, err := conn.Begin(ctx)
	if err != nil {
		return err
	}
	defer tx.Rollback(ctx)
	if _, err := tx.Exec(ctx, statement, ids, amounts, currencies, payers, payees, occurred, methods, sources, extras,
		fingerprints, queues, positions, recorded); err != nil {
		return err
	}
	return tx.Commit(ctx)
}
