package mysql

import (
	"context"
	"database/sql"

	"recibo/quarantine"
	"recibo/store"
)

// reader answers from what is committed.
type reader struct{ pool *pool }

// with runs fn with a connection, once more if it lay idle and was dead.
func (r reader) with(ctx context.Context, op string, fn func(*conn) error) error {
	c, err := r.pool.Take(ctx)
	if err != nil {
		return connectFailed(ctx, err)
	}
	defer func() { r.pool.Put(c) }()
	err = fn(c)
	if err != nil && c.WasIdle && ctx.Err() == nil && c.isClosed() {
		r.pool.Forget()
		again, connectErr := r.pool.Connect(ctx)
		if connectErr != nil {
			return connectFailed(ctx, connectErr)
		}
		c.discard()
		c = again
		err = fn(c)
	}
	if err != nil {
		return classify(ctx, op, err, inGeneral)
	}
	return nil
}

// ask runs one query and scans its rows.
func ask[T any](ctx context.Context, r reader, op, text string, scan func(*sql.Rows) (T, error)) (all []T, err error) {
	err = r.with(ctx, op, func(c *conn) error {
		rows, err := c.QueryContext(ctx, text)
		if err != nil {
			return err
		}
		all, err = collect(rows, scan)
		return err
	})
	return all, err
}

// Payments reads a page of payments. By account it reads along the index on
// time and compares: indexes on accounts would make recording much slower, as
// accounts come in no order. Times narrow it.
func (r reader) Payments(ctx context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	var w where
	w.inASCII("transaction_id", q.IDs)
	w.since("occurred_at", q.Since)
	w.until("occurred_at", q.Until)
	if q.Account != "" {
		w.and()
		w.sql("(")
		w.exactly("payer_account", q.Account)
		w.sql(" OR ")
		w.exactly("payee_account", q.Account)
		w.sql(")")
	}
	if q.Source != "" {
		w.and()
		w.exactly("source", q.Source)
	}
	if q.Min != nil {
		w.inASCII("currency", []string{string(q.Min.Currency)})
		w.and()
		w.sql("amount_minor >= ")
		w.integer(q.Min.Minor)
	}
	if q.Max != nil {
		w.inASCII("currency", []string{string(q.Max.Currency)})
		w.and()
		w.sql("amount_minor <= ")
		w.integer(q.Max.Minor)
	}
	l := list{store.List{Name: "payments", Order: q.Order}, "occurred_at", "transaction_id", paymentColumns}
	return read(ctx, r, l, w, q.Limit, q.After, scanPayment, func(p *store.Payment) store.Place {
		return store.Place{Time: p.OccurredAt, ID: p.TransactionID}
	})
}

func entryFilter(q *store.EntryQuery) where {
	var w where
	w.inASCII("id", q.IDs)
	w.in("transaction_id", q.TransactionIDs)
	w.inASCII("reason", texts(q.Reasons))
	w.inASCII("state", texts(q.States))
	w.since("last_seen_at", q.Since)
	w.until("last_seen_at", q.Until)
	w.until("first_seen_at", q.SeenBefore)
	if q.RedriveID != "" {
		w.inASCII("redrive_id", []string{q.RedriveID})
	}
	if q.Field != "" {
		w.and()
		w.sql("JSON_CONTAINS(field_errors, JSON_OBJECT('field', ")
		w.text(q.Field)
		w.sql("))")
	}
	return w
}

// Entries reads a page of entries.
func (r reader) Entries(ctx context.Context, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
	l := list{store.List{Name: "quarantine", Order: q.Order}, "first_seen_at", "id", entryRow + withBody}
	if q.WithoutBody {
		l.columns = entryRow + withoutBody
	}
	return read(ctx, r, l, entryFilter(&q), q.Limit, q.After, scanEntry, func(e *quarantine.Entry) store.Place {
		return store.Place{Time: e.FirstSeenAt, ID: e.ID}
	})
}

// Outages reads a page of outages, the latest first.
func (r reader) Outages(ctx context.Context, q store.OutageQuery) (store.Page[store.Outage], error) {
	var w where
	if q.OpenOnly {
		w.and()
		w.sql("ended_at IS NULL")
	}
	l := list{store.List{Name: "outages"}, "began_at", "id", outageRow}
	return read(ctx, r, l, w, q.Limit, q.After, scanOutage, func(o *store.Outage) store.Place {
		return store.Place{Time: o.BeganAt, ID: o.ID}
	})
}

// History reads what became of an entry, the oldest line first.
func (r reader) History(ctx context.Context, entryID string) ([]quarantine.HistoryLine, error) {
	var w where
	w.inASCII("entry_id", []string{entryID})
	return ask(ctx, r, "read history", "SELECT "+historyRow+" FROM quarantine_history"+string(w.statement)+" ORDER BY line", scanHistory)
}
