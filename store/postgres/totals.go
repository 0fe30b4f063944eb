package postgres

import (
	"cmp"
	"context"
	"slices"
	"time"

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

// causeOf is a cause's part in one currency, empty for entries without an amount.
type causeOf struct {
	store.Cause
	currency payment.Currency
	readable int64
	total    payment.Total
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
	causes := mergeCauses(parts)
	slices.SortStableFunc(causes, func(a, b store.Cause) int { return cmp.Compare(b.Entries, a.Entries) })
	return causes, nil
}

func scanCause(row pgx.CollectableRow) (causeOf, error) {
	var c causeOf
	var sum pgtype.Numeric
	err := row.Scan((*string)(&c.Reason), &c.Field, &c.Code, (*string)(&c.currency), &c.Entries, &c.Seen, &c.readable, &sum,
		&c.Oldest, &c.Newest, &c.ExampleID)
	if err != nil {
		return c, err
	}
	c.Unreadable = c.Entries - c.readable
	c.total, err = totalOf(sum, c.currency)
	return c, err
}

// mergeCauses joins neighbours of the same reason, field and code.
func mergeCauses(parts []causeOf) []store.Cause {
	var causes []store.Cause
	for _, p := range parts {
		last := len(causes) - 1
		if last < 0 || causes[last].Reason != p.Reason || causes[last].Field != p.Field || causes[last].Code != p.Code {
			p.Amount = map[payment.Currency]payment.Total{}
			causes = append(causes, p.Cause)
			last++
		} else {
			c := &causes[last]
			c.Entries, c.Seen, c.Unreadable = c.Entries+p.Entries, c.Seen+p.Seen, c.Unreadable+p.Unreadable
			c.Oldest, c.Newest = earlier(c.Oldest, p.Oldest), later(c.Newest, p.Newest)
			c.ExampleID = min(c.ExampleID, p.ExampleID)
		}
		if p.readable > 0 {
			causes[last].Amount[p.currency] = p.total
		}
	}
	return causes
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
