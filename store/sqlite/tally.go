package sqlite

import (
	"context"
	"fmt"

	"recibo/payment"
	"recibo/store"
)

// Tally adds in Go, where sums are exact beyond 64 bits: the write lock is
// held, so nothing comes between reading and writing.
func (t *tx) Tally(ctx context.Context, lines []store.TallyLine) error {
	for i := range lines {
		if err := t.tally(ctx, &lines[i]); err != nil {
			return t.fail(fmt.Sprintf("tally %d lines", len(lines)), err, inGeneral)
		}
	}
	return nil
}

func (t *tx) tally(ctx context.Context, l *store.TallyLine) error {
	key := []any{l.Writer, timeText(l.Hour), string(l.Fate), string(l.Reason), string(l.Currency), l.Method}
	count, amount := l.Count, l.Amount
	var stands string
	var before int64
	found, err := t.find(ctx, `SELECT count, amount FROM tally
		WHERE writer = ? AND hour = ? AND fate = ? AND reason = ? AND currency = ? AND method = ?`, key, &before, &stands)
	if err != nil {
		return err
	}
	if found {
		total, err := payment.ParseTotal(stands, l.Currency)
		if err != nil {
			return err
		}
		count, amount = before+count, total.Plus(amount)
	}
	_, err = t.exec(ctx, `INSERT INTO tally (writer, hour, fate, reason, currency, method, count, amount)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (writer, hour, fate, reason, currency, method) DO UPDATE SET count = excluded.count, amount = excluded.amount`,
		append(key, count, amount.Decimal(l.Currency))...)
	return err
}

// Outage writes the outage, or replaces what stands under its id.
func (t *tx) Outage(ctx context.Context, o store.Outage) error {
	_, err := t.exec(ctx, `INSERT INTO outages (id, recorder, component, target, began_at, seen_at, ended_at, attempts, last_error, closed_by)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET recorder = excluded.recorder, component = excluded.component, target = excluded.target,
			began_at = excluded.began_at, seen_at = excluded.seen_at, ended_at = excluded.ended_at,
			attempts = excluded.attempts, last_error = excluded.last_error, closed_by = excluded.closed_by`,
		o.ID, o.Recorder, string(o.Component), o.Target, timeText(o.BeganAt), timeText(o.SeenAt), timeOrNull(o.EndedAt),
		o.Attempts, o.LastError, textOrNull(o.ClosedBy))
	if err != nil {
		return t.fail("write an outage", err, inGeneral)
	}
	return nil
}
