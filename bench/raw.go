package main

import (
	"context"
	"database/sql"
	"path/filepath"
	"strings"
	"time"

	"recibo/payment"
	"recibo/store"
	"recibo/store/sqlite"
)

const (
	rawStatement   = 50   // rows in a statement
	rawTransaction = 1000 // rows in a transaction
	rawPragmas     = "&_pragma=journal_mode(wal)&_pragma=synchronous(full)&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(4096)"
	rawColumns     = "transaction_id, amount, currency, payer_account, payee_account, occurred_at, " +
		"method, source, extra, fingerprint, queue, position, recorded_at"
)

// insertRaw writes the rows that the recorder would write, into the same table
// with the same durability, and does nothing else. n is a multiple of 50.
func insertRaw(ctx context.Context, dir string, n int) (float64, error) {
	file := filepath.Join(dir, "recibo.db")
	made, err := sqlite.Open(ctx, file, sqlite.Options{})
	if err != nil {
		return 0, err
	}
	if err := made.Close(); err != nil {
		return 0, err
	}
	payments, err := rows(n)
	if err != nil {
		return 0, err
	}
	db, err := sql.Open("sqlite", "file:"+file+"?_txlock=immediate"+rawPragmas)
	if err != nil {
		return 0, err
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	one := "(" + strings.Repeat("?, ", strings.Count(rawColumns, ",")) + "?)"
	insert, err := db.PrepareContext(ctx, "INSERT INTO payments ("+rawColumns+") VALUES "+
		strings.Repeat(one+", ", rawStatement-1)+one)
	if err != nil {
		return 0, err
	}
	defer insert.Close()
	began := time.Now()
	for rest := payments; len(rest) > 0; {
		size := min(len(rest), rawTransaction)
		if err := insertTransaction(ctx, db, insert, rest[:size]); err != nil {
			return 0, err
		}
		rest = rest[size:]
	}
	return perSecond(len(payments), began), nil
}

func insertTransaction(ctx context.Context, db *sql.DB, insert *sql.Stmt, payments []store.Payment) error {
	tx, err := db.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	statement := tx.StmtContext(ctx, insert)
	args := make([]any, 0, rawStatement*13)
	for ; len(payments) >= rawStatement; payments = payments[rawStatement:] {
		args = args[:0]
		for i := range rawStatement {
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
