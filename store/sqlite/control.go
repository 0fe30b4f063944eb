package sqlite

import (
	"context"
	"database/sql"
	"fmt"

	"recibo/payment"
	"recibo/store"
)

var _ store.ControlTx = (*tx)(nil)

// controlRow is what scanControl reads.
const controlRow = `source, producer, window_from, window_until, count, amounts, fingerprint_sum, queue, position, entry_id, recorded_at`

// Control looks each window up and writes those that are new: the write lock is
// held, so nothing comes between reading and writing.
func (t *tx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	outcomes := make([]store.ControlOutcome, len(cs))
	for i := range cs {
		var err error
		if outcomes[i], err = t.control(ctx, &cs[i]); err != nil {
			return nil, t.fail(fmt.Sprintf("record %d control totals", len(cs)), err, inRecord)
		}
	}
	return outcomes, nil
}

func (t *tx) control(ctx context.Context, c *store.Control) (store.ControlOutcome, error) {
	id := c.Window.ID()
	st, err := t.conn.prepared(ctx, "SELECT "+controlRow+" FROM control_totals WHERE id = ?")
	if err != nil {
		return store.ControlOutcome{}, err
	}
	rows, err := st.QueryContext(ctx, id)
	if err != nil {
		return store.ControlOutcome{}, err
	}
	stands, err := collect(rows, scanControl)
	if err != nil {
		return store.ControlOutcome{}, err
	}
	if len(stands) > 0 {
		return store.JudgeControl(&stands[0], c), nil
	}
	written, err := t.exec(ctx, `INSERT INTO control_totals (id, `+controlRow+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		id, textOrNull(c.Source), c.Producer, timeText(c.From), timeText(c.Until), c.Count, amountsText(c.Amounts), c.Prints[:],
		c.Queue, c.Position, textOrNull(c.EntryID), timeText(c.RecordedAt))
	if err == nil && written != 1 {
		err = fmt.Errorf("a control total was left out by a rule of the database")
	}
	return store.ControlOutcome{Kind: store.Recorded}, err
}

// amountsText is a JSON object of decimal texts.
func amountsText(amounts map[payment.Currency]payment.Total) string {
	decimals := make(map[payment.Currency]string, len(amounts))
	for currency, total := range amounts {
		decimals[currency] = total.Decimal(currency)
	}
	return jsonText(decimals)
}

func scanControl(rows *sql.Rows) (store.Control, error) {
	var c store.Control
	var amounts map[payment.Currency]string
	err := rows.Scan((*text)(&c.Source), &c.Producer, moment{&c.From}, moment{&c.Until}, &c.Count, object{&amounts},
		hash{(*[32]byte)(&c.Prints)}, &c.Queue, &c.Position, (*text)(&c.EntryID), moment{&c.RecordedAt})
	if err != nil {
		return c, err
	}
	c.Amounts = make(map[payment.Currency]payment.Total, len(amounts))
	for currency, decimal := range amounts {
		if c.Amounts[currency], err = payment.ParseTotal(decimal, currency); err != nil {
			return c, fmt.Errorf("a control total's amount in %s: %w", currency, err)
		}
	}
	return c, nil
}

// Controls reads a page of control totals.
func (r reader) Controls(ctx context.Context, q store.ControlQuery) (store.Page[store.Control], error) {
	var w where
	w.in("id", q.IDs)
	if !q.Since.IsZero() {
		w.add("window_until > ?", timeText(q.Since))
	}
	w.until("window_from", q.Until)
	if q.Source != nil {
		w.add("source IS ?", textOrNull(*q.Source))
	}
	list := list{table: "control_totals", time: "window_until", id: "id", columns: controlRow, order: q.Order, limit: q.Limit, after: q.After}
	return read(ctx, r, list, w, scanControl, func(c *store.Control) store.Place { return store.Place{Time: c.Until, ID: c.Window.ID()} })
}
