package postgres

import (
	"context"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// Totals reads everything in one transaction, so that the sums belong together.
func (r reader) Totals(ctx context.Context) (store.Totals, error) {
	var t store.Totals
	err := r.with(ctx, "read totals", func(c *conn) error {
		return pgx.BeginTxFunc(ctx, c.Conn, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
			t = store.Totals{
				Amount:      map[payment.Currency]payment.Total{},
				Quarantined: map[quarantine.Reason]int64{},
				States:      map[quarantine.State]int64{},
				HeldBy:      map[quarantine.Reason]int64{},
			}
			return readTotals(ctx, tx, &t)
		})
	})
	return t, err
}

func readTotals(ctx context.Context, tx pgx.Tx, t *store.Totals) error {
	for _, part := range []func(context.Context, pgx.Tx, *store.Totals) error{tallied, states} {
		if err := part(ctx, tx, t); err != nil {
			return err
		}
	}
	return tx.QueryRow(ctx, "SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL) FROM outages").Scan(&t.Outages, &t.OutagesOpen)
}

func tallied(ctx context.Context, tx pgx.Tx, t *store.Totals) error {
	rows, err := tx.Query(ctx, "SELECT fate, reason, currency, sum(count)::bigint, sum(amount) FROM tally GROUP BY fate, reason, currency")
	if err != nil {
		return err
	}
	var fate, reason, currency string
	var count int64
	var amount pgtype.Numeric
	_, err = pgx.ForEachRow(rows, []any{&fate, &reason, &currency, &count, &amount}, func() error {
		switch store.Fate(fate) {
		case store.FateRecorded:
			total, err := totalOf(amount, payment.Currency(currency))
			if err != nil {
				return err
			}
			t.Recorded += count
			t.Amount[payment.Currency(currency)] = t.Amount[payment.Currency(currency)].Plus(total)
		case store.FateDuplicate:
			t.Duplicates += count
		case store.FateQuarantined:
			t.Quarantined[quarantine.Reason(reason)] += count
		case store.FateControl:
			t.Controls += count
		}
		return nil
	})
	return err
}

func states(ctx context.Context, tx pgx.Tx, t *store.Totals) error {
	rows, err := tx.Query(ctx, "SELECT state, reason, count(*) FROM quarantine GROUP BY state, reason")
	if err != nil {
		return err
	}
	var state, reason string
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&state, &reason, &n}, func() error {
		t.States[quarantine.State(state)] += n
		if quarantine.State(state) == quarantine.Held {
			t.HeldBy[quarantine.Reason(reason)] += n
		}
		return nil
	})
	return err
}

// Causes groups and sums in the database. Those of most entries come first.
func (r reader) Causes(ctx context.Context, q store.EntryQuery) ([]store.Cause, error) {
	w := entryFilter(&q)
	parts, err := ask(ctx, r, "read causes", `
		SELECT reason, coalesce(field_errors -> 0 ->> 'field', '') COLLATE "C" AS field, coalesce(field_errors -> 0 ->> 'code', '') COLLATE "C" AS code,
			coalesce(currency, '') AS unit, count(*), sum(seen)::bigint, count(amount), coalesce(sum(amount), 0),
			min(first_seen_at), max(last_seen_at), min(id)
		FROM quarantine`+w.String()+` GROUP BY 1, 2, 3, 4 ORDER BY 1, 2, 3`, w.args, scanCause)
	if err != nil {
		return nil, err
	}
	return store.MergeCauses(parts), nil
}

func scanCause(row pgx.CollectableRow) (store.CausePart, error) {
	var c store.CausePart
	var sum pgtype.Numeric
	err := row.Scan((*string)(&c.Reason), &c.Field, &c.Code, (*string)(&c.Currency), &c.Entries, &c.Seen, &c.Readable, &sum,
		&c.Oldest, &c.Newest, &c.ExampleID)
	if err != nil {
		return c, err
	}
	c.Total, err = totalOf(sum, c.Currency)
	return c, err
}
