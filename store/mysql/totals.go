package mysql

import (
	"context"
	"database/sql"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// Totals reads everything in one transaction, so that the sums belong together.
func (r reader) Totals(ctx context.Context) (store.Totals, error) {
	var t store.Totals
	err := r.with(ctx, "read totals", func(c *conn) error {
		t = store.Totals{
			Amount:      map[payment.Currency]payment.Total{},
			Quarantined: map[quarantine.Reason]int64{},
			States:      map[quarantine.State]int64{},
			HeldBy:      map[quarantine.Reason]int64{},
		}
		tx, err := c.BeginTx(ctx, nil)
		if err != nil {
			return err
		}
		defer func() { _ = tx.Rollback() }()
		return readTotals(ctx, tx, &t)
	})
	return t, err
}

func readTotals(ctx context.Context, tx *sql.Tx, t *store.Totals) error {
	for _, part := range []func(context.Context, *sql.Tx, *store.Totals) error{tallied, states} {
		if err := part(ctx, tx, t); err != nil {
			return err
		}
	}
	return tx.QueryRowContext(ctx, "SELECT count(*), count(*) - count(ended_at) FROM outages").Scan(&t.Outages, &t.OutagesOpen)
}

// tallied sums amounts in minor units. Their text has the decimals of its
// currency.
func tallied(ctx context.Context, tx *sql.Tx, t *store.Totals) error {
	rows, err := tx.QueryContext(ctx, `SELECT fate, reason, currency, CAST(SUM(count) AS SIGNED),
		SUM(CAST(REPLACE(amount, '.', '') AS DECIMAL(44,0))) FROM tally GROUP BY fate, reason, currency`)
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var l store.TallyLine
		var amount string
		if err := rows.Scan(&l.Fate, &l.Reason, &l.Currency, &l.Count, &amount); err != nil {
			return err
		}
		switch l.Fate {
		case store.FateRecorded:
			total, err := totalOf(amount)
			if err != nil {
				return err
			}
			t.Recorded += l.Count
			t.Amount[l.Currency] = t.Amount[l.Currency].Plus(total)
		case store.FateDuplicate:
			t.Duplicates += l.Count
		case store.FateQuarantined:
			t.Quarantined[l.Reason] += l.Count
		case store.FateControl:
			t.Controls += l.Count
		}
	}
	return rows.Err()
}

// totalOf reads a sum of minor units: without a currency there are no decimals.
func totalOf(minor string) (payment.Total, error) { return payment.ParseTotal(minor, "") }

func states(ctx context.Context, tx *sql.Tx, t *store.Totals) error {
	rows, err := tx.QueryContext(ctx, "SELECT state, reason, count(*) FROM quarantine GROUP BY state, reason")
	if err != nil {
		return err
	}
	defer func() { _ = rows.Close() }()
	for rows.Next() {
		var state quarantine.State
		var reason quarantine.Reason
		var n int64
		if err := rows.Scan(&state, &reason, &n); err != nil {
			return err
		}
		t.States[state] += n
		if state == quarantine.Held {
			t.HeldBy[reason] += n
		}
	}
	return rows.Err()
}

// Causes groups and sums in the database. Those of most entries come first.
func (r reader) Causes(ctx context.Context, q store.EntryQuery) ([]store.Cause, error) {
	w := entryFilter(&q)
	parts, err := ask(ctx, r, "read causes", `
		SELECT reason, COALESCE(JSON_UNQUOTE(JSON_EXTRACT(field_errors, '$[0].field')), '') COLLATE utf8mb4_bin AS first_field,
			COALESCE(JSON_UNQUOTE(JSON_EXTRACT(field_errors, '$[0].code')), '') COLLATE utf8mb4_bin AS first_code,
			COALESCE(currency, '') AS unit, count(*), CAST(SUM(seen) AS SIGNED), count(amount), COALESCE(SUM(amount_minor), 0),
			min(first_seen_at), max(last_seen_at), min(id)
		FROM quarantine`+string(w.statement)+` GROUP BY reason, first_field, first_code, unit ORDER BY reason, first_field, first_code, unit`, scanCause)
	if err != nil {
		return nil, err
	}
	return store.MergeCauses(parts), nil
}

func scanCause(rows *sql.Rows) (store.CausePart, error) {
	var c store.CausePart
	var sum string
	err := rows.Scan(&c.Reason, &c.Field, &c.Code, &c.Currency, &c.Entries, &c.Seen, &c.Readable, &sum,
		&c.Oldest, &c.Newest, &c.ExampleID)
	if err != nil {
		return c, err
	}
	c.Total, err = totalOf(sum)
	return c, err
}
