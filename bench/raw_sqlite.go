package main

import (
	"context"
	"database/sql"
	"errors"
	"path/filepath"
	"strings"

	"recibo/payment"
	"recibo/store"
	"recibo/store/sqlite"
)

const (
	rawRows          = 50   // in a statement
	rawTransaction   = 1000 // rows in a transaction
	rawPragmas       = "&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4096)"
	rawSQLiteColumns = "transaction_id, amount, currency, payer_account, payee_account, occurred_at, " +
		"method, source, extra, fingerprint, queue, position, recorded_at"
)

func sqliteEnd() (storeEnd, error) {
	open := func(ctx context.Context, dir string) (store.Store, error) {
		return sqlite.Open(ctx, filepath.Join(dir, "recibo.db"), sqlite.Options{})
	}
	return storeEnd{name: "SQLite", events: 100_000, store: open, inserter: sqliteInserter}, nil
}

// sqliteInserter writes to the same table with the same durability. The number
// of payments is a multiple of 50.
func sqliteInserter(ctx context.Context, dir string) (func(context.Context, []store.Payment) error, func(), error) {
	file := filepath.Join(dir, "recibo.db")
	made, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		return nil, nil, err
	}
	if err := made.Close(); err != nil {
		return nil, nil, err
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate"+rawPragmas)
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	one := "(" + strings.Repeat("?, ", strings.Count(rawSQLiteColumns, ",")) + "?)"
	insert, err := db.PrepareContext(ctx, "INSERT INTO payments ("+rawSQLiteColumns+") VALUES "+
		strings.Repeat(one+", ", rawRows-1)+one)
	if err != nil {
		return nil, nil, errors.Join(err, db.Close())
	}
	write := func(ctx context.Context, payments []store.Payment) error {
		for rest := payments; len(rest) > 0; {
			size := min(len(rest), rawTransaction)
			if err := insertTransaction(ctx, db, insert, rest[:size]); err != nil {
				return err
			}
			rest = rest[size:]
		}
		return nil
	}
	return write, func() { _ = errors.Join(insert.Close(), db.Close()) }, nil
}

func insertTransaction(ctx context.Context, db *sql.DB, insert *sql.Stmt, payments []store.Payment) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	statement := tx.StmtContext(ctx, insert)
	args := make([]any, 0, rawRows*13)
	for ; len(payments) >= rawRows; payments = payments[rawRows:] {
		args = args[:0]
		for i := range rawRows {
			args = appendRow(args, &payments[i])
		}
		if _, err := statement.ExecContext(ctx, args...); err != nil {
			return err
		}
	}
	return tx.Commit()
}

func appendRow(args []any, p *store.Payment) []any {
	var extra any
	if p.Extra != nil {
		extra = string(p.Extra)
	}
	return append(args, p.TransactionID, p.Amount.Decimal(), string(p.Amount.Currency), p.PayerAccount,
		p.PayeeAccount, p.OccurredAt.Format(payment.TimeLayout), p.Method, p.Source, extra,
		p.Fingerprint[:], p.Queue, p.Position, p.RecordedAt.Format(payment.TimeLayout))
}
