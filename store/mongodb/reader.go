package mongodb

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// reader answers from what a majority has committed.
type reader struct{ store *Store }

var (
	_ store.ControlReader = reader{}
	_ store.RedriveReader = reader{}
)

// ask runs one query and makes items of its documents.
func ask[R, T any](ctx context.Context, r reader, collection string, filter any, o *options.FindOptionsBuilder, item func(*R) (T, error)) ([]T, error) {
	op := "read " + collection
	cursor, err := r.store.db.Collection(collection).Find(ctx, filter, o)
	if err != nil {
		return nil, classify(ctx, op, err, inGeneral)
	}
	defer cursor.Close(ctx)
	var all []T
	for cursor.Next(ctx) {
		var row R
		if err := cursor.Decode(&row); err != nil {
			return nil, classify(ctx, op, err, inGeneral)
		}
		one, err := item(&row)
		if err != nil {
			return nil, classify(ctx, op, err, inGeneral)
		}
		all = append(all, one)
	}
	if err := cursor.Err(); err != nil {
		return nil, classify(ctx, op, err, inGeneral)
	}
	return all, nil
}

// Payments reads a page of payments. By account it reads along the index on
// time and compares: indexes on accounts would make recording much slower, as
// accounts come in no order. Times narrow it.
func (r reader) Payments(ctx context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	var w where
	in(&w, "_id", q.IDs)
	w.within("occurred_at", q.Since, q.Until)
	if q.Account != "" {
		w.either(bson.D{{Key: "payer_account", Value: q.Account}}, bson.D{{Key: "payee_account", Value: q.Account}})
	}
	if q.Source != "" {
		w.is("source", "$eq", q.Source)
	}
	w.amount("$gte", q.Min)
	w.amount("$lte", q.Max)
	l := list{List: store.List{Name: "payments", Order: q.Order}, time: "occurred_at"}
	return read(ctx, r, l, w, q.Limit, q.After, (*paymentRow).payment, func(p *store.Payment) store.Place {
		return store.Place{Time: p.OccurredAt, ID: p.TransactionID}
	})
}

// amount restricts to a currency and a bound in it.
func (w *where) amount(operator string, bound *payment.Money) {
	if bound != nil {
		w.is("currency", "$eq", bound.Currency)
		w.is("amount", operator, decimalOf(*bound))
	}
}

func entryFilter(q *store.EntryQuery) where {
	var w where
	in(&w, "_id", q.IDs)
	in(&w, "transaction_id", q.TransactionIDs)
	in(&w, "reason", q.Reasons)
	in(&w, "state", q.States)
	w.within("last_seen_at", q.Since, q.Until)
	w.within("first_seen_at", time.Time{}, q.SeenBefore)
	if q.RedriveID != "" {
		w.is("redrive_id", "$eq", q.RedriveID)
	}
	if q.Field != "" {
		w.is("field_errors.field", "$eq", q.Field)
	}
	return w
}

// Entries reads a page of entries.
func (r reader) Entries(ctx context.Context, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
	l := list{List: store.List{Name: "quarantine", Order: q.Order}, time: "first_seen_at"}
	if q.WithoutBody {
		l.hidden = bson.D{{Key: "body", Value: 0}}
	}
	return read(ctx, r, l, entryFilter(&q), q.Limit, q.After, (*entryRow).entry, func(e *quarantine.Entry) store.Place {
		return store.Place{Time: e.FirstSeenAt, ID: e.ID}
	})
}

// Outages reads a page of outages, the latest first.
func (r reader) Outages(ctx context.Context, q store.OutageQuery) (store.Page[store.Outage], error) {
	var w where
	if q.OpenOnly {
		w.is("ended_at", "$exists", false)
	}
	l := list{List: store.List{Name: "outages"}, time: "began_at"}
	return read(ctx, r, l, w, q.Limit, q.After, (*outageRow).outage, func(o *store.Outage) store.Place {
		return store.Place{Time: o.BeganAt, ID: o.ID}
	})
}

// History reads what became of an entry, the oldest line first.
func (r reader) History(ctx context.Context, entryID string) ([]quarantine.HistoryLine, error) {
	return ask(ctx, r, "quarantine_history", bson.D{{Key: "entry_id", Value: entryID}},
		options.Find().SetSort(bson.D{{Key: "line", Value: 1}}), (*historyRow).line)
}
