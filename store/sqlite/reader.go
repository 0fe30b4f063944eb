package sqlite

import (
	"context"
	"database/sql"

	"recibo/quarantine"
	"recibo/store"
)

// reader answers from what is committed.
type reader struct{ db *sql.DB }

// ask runs one query and scans its rows.
func ask[T any](ctx context.Context, r reader, op, query string, args []any, scan func(*sql.Rows) (T, error)) ([]T, error) {
	rows, err := r.db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, classify(op, err, inGeneral)
	}
	all, err := collect(rows, scan)
	if err != nil {
		return nil, classify(op, err, inGeneral)
	}
	return all, nil
}

// Payments reads a page of payments. By account it reads along the index on
// time and compares: two indexes on accounts would make recording ten times
// slower, as accounts come in no order. Times narrow it.
func (r reader) Payments(ctx context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	var w where
	w.in("transaction_id", q.IDs)
	w.since("occurred_at", q.Since)
	w.until("occurred_at", q.Until)
	if q.Account != "" {
		w.add("? IN (payer_account, payee_account)", q.Account)
	}
	if q.Source != "" {
		w.add("source = ?", q.Source)
	}
	if q.Min != nil {
		w.add("currency = ? AND amount_minor >= ?", string(q.Min.Currency), q.Min.Minor)
	}
	if q.Max != nil {
		w.add("currency = ? AND amount_minor <= ?", string(q.Max.Currency), q.Max.Minor)
	}
	list := list{table: "payments", time: "occurred_at", id: "transaction_id", columns: paymentRow, order: q.Order, limit: q.Limit, after: q.After}
	return read(ctx, r, list, w, scanPayment, func(p *store.Payment) store.Place { return store.Place{Time: p.OccurredAt, ID: p.TransactionID} })
}

func entryFilter(q *store.EntryQuery) where {
	var w where
	w.in("id", q.IDs)
	w.in("transaction_id", q.TransactionIDs)
	w.in("reason", texts(q.Reasons))
	w.in(stateColumn(q), texts(q.States))
	w.since("last_seen_at", q.Since)
	w.until("last_seen_at", q.Until)
	w.until("first_seen_at", q.SeenBefore)
	if q.RedriveID != "" {
		w.add("redrive_id = ?", q.RedriveID)
	}
	if q.Field != "" {
		w.add("EXISTS (SELECT 1 FROM json_each(field_errors) WHERE json_extract(value, '$.field') = ?)", q.Field)
	}
	return w
}

// stateColumn is how the state is compared. With a plus sign no index is used
// for it: SQLite believes that few entries are in a state, and would sort all
// that are for each page, or read those of other runs.
func stateColumn(q *store.EntryQuery) string {
	inOrder := q.Order == store.ByID && len(q.States) == 1
	switch {
	case len(q.TransactionIDs) > 0, q.Order == store.ByID && !inOrder, q.RedriveID != "" && !inOrder:
		return "+state"
	}
	return "state"
}

// Entries reads a page of entries.
func (r reader) Entries(ctx context.Context, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
	columns := entryRow + withBody
	if q.WithoutBody {
		columns = entryRow + withoutBody
	}
	list := list{table: "quarantine", time: "first_seen_at", id: "id", columns: columns, order: q.Order, limit: q.Limit, after: q.After}
	return read(ctx, r, list, entryFilter(&q), scanEntry, func(e *quarantine.Entry) store.Place { return store.Place{Time: e.FirstSeenAt, ID: e.ID} })
}

// Outages reads a page of outages, the latest first.
func (r reader) Outages(ctx context.Context, q store.OutageQuery) (store.Page[store.Outage], error) {
	var w where
	if q.OpenOnly {
		w.add("ended_at IS NULL")
	}
	list := list{table: "outages", time: "began_at", id: "id", columns: outageRow, limit: q.Limit, after: q.After}
	return read(ctx, r, list, w, scanOutage, func(o *store.Outage) store.Place { return store.Place{Time: o.BeganAt, ID: o.ID} })
}

// History reads what became of an entry, the oldest line first.
func (r reader) History(ctx context.Context, entryID string) ([]quarantine.HistoryLine, error) {
	return ask(ctx, r, "read history", "SELECT "+historyRow+" FROM quarantine_history WHERE entry_id = ? ORDER BY line",
		[]any{entryID}, scanHistory)
}
