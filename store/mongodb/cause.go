package mongodb

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// causeRow is what the database groups: entries of one cause and currency.
type causeRow struct {
	Key struct {
		Reason   quarantine.Reason `bson:"reason"`
		Field    string            `bson:"field"`
		Code     string            `bson:"code"`
		Currency payment.Currency  `bson:"currency"`
	} `bson:"_id"`
	Entries  int64         `bson:"n"`
	Seen     int64         `bson:"seen"`
	Readable int64         `bson:"readable"`
	Amount   bson.RawValue `bson:"amount"`
	Oldest   time.Time     `bson:"oldest"`
	Newest   time.Time     `bson:"newest"`
	Example  string        `bson:"example"`
}

// Causes groups and sums in the database. Those of most entries come first.
func (r reader) Causes(ctx context.Context, q store.EntryQuery) ([]store.Cause, error) {
	or := func(value any) bson.D { return bson.D{{Key: "$ifNull", Value: bson.A{value, ""}}} }
	first := func(field string) bson.D {
		of := bson.D{{Key: "first", Value: bson.D{{Key: "$arrayElemAt", Value: bson.A{"$field_errors", 0}}}}}
		return or(bson.D{{Key: "$let", Value: bson.D{{Key: "vars", Value: of}, {Key: "in", Value: "$$first." + field}}}})
	}
	one := func(operator, field string) bson.D { return bson.D{{Key: operator, Value: field}} }
	isReadable := bson.D{{Key: "$cond", Value: bson.A{bson.D{{Key: "$eq", Value: bson.A{one("$type", "$amount"), "decimal"}}}, 1, 0}}}
	rows, err := group[causeRow](ctx, r, "quarantine", entryFilter(&q),
		bson.D{{Key: "reason", Value: "$reason"}, {Key: "field", Value: first("field")}, {Key: "code", Value: first("code")},
			{Key: "currency", Value: or("$currency")}},
		bson.D{countAll, sumOf("seen", "$seen"), {Key: "readable", Value: bson.D{{Key: "$sum", Value: isReadable}}}, sumOf("amount", "$amount"),
			{Key: "oldest", Value: one("$min", "$first_seen_at")}, {Key: "newest", Value: one("$max", "$last_seen_at")},
			{Key: "example", Value: one("$min", "$_id")}})
	if err != nil {
		return nil, classify(ctx, "read causes", err, inGeneral)
	}
	parts := make([]store.CausePart, len(rows))
	for i := range rows {
		if parts[i], err = rows[i].part(); err != nil {
			return nil, classify(ctx, "read causes", err, inGeneral)
		}
	}
	return store.MergeCauses(parts), nil
}

func (c *causeRow) part() (store.CausePart, error) {
	sum, err := totalOf(c.Amount, c.Key.Currency)
	return store.CausePart{
		Cause: store.Cause{Reason: c.Key.Reason, Field: c.Key.Field, Code: c.Key.Code, Entries: c.Entries, Seen: c.Seen,
			Oldest: c.Oldest, Newest: c.Newest, ExampleID: c.Example},
		Currency: c.Key.Currency, Readable: c.Readable, Total: sum,
	}, err
}
