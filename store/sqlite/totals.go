package sqlite

import (
	"context"
	"database/sql"
	"math/big"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// Totals reads everything in one transaction, so that the sums belong together.
func (r reader) Totals(ctx context.Context) (store.Totals, error) {
	t := store.Totals{
		Amount:      map[payment.Currency]payment.Total{},
		Quarantined: map[quarantine.Reason]int64{},
		States:      map[quarantine.State]int64{},
		HeldBy:      map[quarantine.Reason]int64{},
	}
	err := r.totals(ctx, &t)
	if err != nil {
		return store.Totals{}, classify("read totals", err, inGeneral)
	}
	return t, nil
}

func (r reader) totals(ctx context.Context, t *store.Totals) error {
	tx, err := r.db.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return err
	}
	defer func() { _ = tx.Rollback() }()
	for _, part := range []func(context.Context, *sql.Tx, *store.Totals) error{tallied, states} {
		if err := part(ctx, tx, t); err != nil {
			return err
		}
	}
	return tx.QueryRowContext(ctx, "SELECT count(*), count(*) FILTER (WHERE ended_at IS NULL) FROM outages").Scan(&t.Outages, &t.OutagesOpen)
}

// tallied sums amounts in Go: they may outgrow 64 bits.
func tallied(ctx context.Context, tx *sql.Tx, t *store.Totals) error {
	rows, err := tx.QueryContext(ctx, "SELECT fate, reason, currency, count, amount FROM tally")
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
			total, err := payment.ParseTotal(amount, l.Currency)
			if err != nil {
				return err
			}
			t.Recorded += l.Count
			t.Amount[l.Currency] = t.Amount[l.Currency].Plus(total)
		case store.FateDuplicate:
			t.Duplicates += l.Count
		case store.FateControl:
			t.Controls += l.Count
		case store.FateQuarantined:
			t.Quarantined[l.Reason] += l.Count
		}
	}
	return rows.Err()
}

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

// split halves amounts so that no sum of parts outgrows 64 bits.
const split = 1_000_000_000

// Causes groups in the database and sums exactly. Those of most entries come
// first.
func (r reader) Causes(ctx context.Context, q store.EntryQuery) ([]store.Cause, error) {
	w := entryFilter(&q)
	parts, err := ask(ctx, r, "read causes", `
		SELECT reason, coalesce(json_extract(field_errors, '$[0].field'), '') AS field, coalesce(json_extract(field_errors, '$[0].code'), '') AS code,
			coalesce(currency, '') AS unit, count(*), sum(seen), count(amount_minor),
			coalesce(sum(amount_minor / 1000000000), 0), coalesce(sum(amount_minor % 1000000000), 0),
			min(first_seen_at), max(last_seen_at), min(id)
		FROM quarantine`+w.String()+` GROUP BY reason, field, code, unit ORDER BY reason, field, code`, w.args, scanCause)
	if err != nil {
		return nil, err
	}
	return store.MergeCauses(parts), nil
}

func scanCause(rows *sql.Rows) (store.CausePart, error) {
	var c store.CausePart
	var high, low int64
	err := rows.Scan(&c.Reason, &c.Field, &c.Code, &c.Currency, &c.Entries, &c.Seen, &c.Readable, &high, &low,
		moment{&c.Oldest}, moment{&c.Newest}, &c.ExampleID)
	if err != nil {
		return c, err
	}
	minor := new(big.Int).Mul(big.NewInt(high), big.NewInt(split))
	// Without a currency there are no decimals: the text is in minor units.
	c.Total, err = payment.ParseTotal(minor.Add(minor, big.NewInt(low)).String(), "")
	return c, err
}
