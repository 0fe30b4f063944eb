package main

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/postgres"
)

func postgresEnd() (storeEnd, error) {
	s, err := testserver.OpenPostgres(
		testserver.Setting("shared_buffers", "512MB"), testserver.Setting("max_wal_size", "8GB"))
	if err != nil {
		return storeEnd{}, err
	}
	p := &postgresBench{PostgresServer: s}
	return storeEnd{name: "PostgreSQL", events: 400_000, store: p.freshStore, inserter: p.inserter, server: s}, nil
}

type postgresBench struct {
	*testserver.PostgresServer
	stores int
}

func (p *postgresBench) freshStore(ctx context.Context, _ string) (store.Store, error) {
	url, err := p.freshDatabase(ctx)
	if err != nil {
		return nil, err
	}
	s, err := postgres.Open(ctx, url, postgres.Options{})
	if err != nil {
		return nil, err
	}
	return s, s.Migrate(ctx)
}

func (p *postgresBench) freshDatabase(ctx context.Context) (string, error) {
	p.stores++
	conn, err := pgx.Connect(ctx, p.URL("postgres", "postgres"))
	if err != nil {
		return "", err
	}
	defer conn.Close(ctx)
	name := fmt.Sprintf("bench%d", p.stores)
	if p.stores > 1 { // one at a time: the files of the last one go
		if _, err := conn.Exec(ctx, fmt.Sprintf("DROP DATABASE IF EXISTS bench%d WITH (FORCE)", p.stores-1)); err != nil {
			return "", err
		}
	}
	if _, err := conn.Exec(ctx, "CREATE DATABASE "+name); err != nil {
		return "", err
	}
	return p.URL("postgres", name), nil
}

const (
	rawConnections = 2 // two keep two cores busy
	rawColumns     = `transaction_id, amount, currency, payer_account, payee_account, occurred_at, method, source, extra,
		fingerprint, queue, position, recorded_at`
	rawTypes = "text,numeric,text,text,text,timestamptz,text,text,json,bytea,text,text,timestamptz"
)

// inserter writes over two connections, one statement a transaction.
func (p *postgresBench) inserter(ctx context.Context, dir string) (func(context.Context, []store.Payment) error, func(), error) {
	s, err := p.freshStore(ctx, dir)
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
		conn, err := pgx.Connect(ctx, p.URL("postgres", fmt.Sprintf("bench%d", p.stores)))
		if err != nil {
			done()
			return nil, nil, err
		}
		conns = append(conns, conn)
	}
	return shared(conns, insertPart), done, nil
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
