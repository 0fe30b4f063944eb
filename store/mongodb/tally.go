package mongodb

import (
	"context"
	"encoding/json"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/payment"
	"recibo/store"
)

// tallyID is the key of a line of the tally, as JSON: its parts may have any
// characters.
func tallyID(k *store.TallyKey) string {
	b, err := json.Marshal([]string{k.Writer, k.Hour.UTC().Format(payment.TimeLayout), string(k.Fate), string(k.Reason), string(k.Currency), k.Method})
	if err != nil {
		panic(err) // strings always marshal
	}
	return string(b)
}

// Tally adds counts and amounts.
func (t *tx) Tally(ctx context.Context, lines []store.TallyLine) error {
	if len(lines) == 0 {
		return nil
	}
	op := fmt.Sprintf("tally %d lines", len(lines))
	models := make([]mongo.WriteModel, len(lines))
	for i := range lines {
		var err error
		if models[i], err = t.tallyModel(&lines[i]); err != nil {
			return t.fail(ctx, op, err, inGeneral)
		}
	}
	if t.session == nil && t.plain.writer != nil {
		return t.tallyPlain(ctx, op, models)
	}
	return t.change(ctx, op, "tally", models)
}

func (t *tx) tallyModel(l *store.TallyLine) (mongo.WriteModel, error) {
	amount, err := decimalOfTotal(l.Amount, l.Currency)
	if err != nil {
		return nil, err
	}
	filter := bson.D{{Key: "_id", Value: tallyID(&l.TallyKey)}}
	update := bson.D{
		{Key: "$inc", Value: bson.D{{Key: "count", Value: l.Count}, {Key: "amount", Value: amount}}},
		{Key: "$setOnInsert", Value: bson.D{{Key: "writer", Value: l.Writer}, {Key: "hour", Value: l.Hour}, {Key: "fate", Value: l.Fate},
			{Key: "reason", Value: l.Reason}, {Key: "currency", Value: l.Currency}, {Key: "method", Value: l.Method}}},
	}
	if w := t.plain.writer; w != nil {
		filter = append(filter, bson.E{Key: "seq", Value: bson.D{{Key: "$not", Value: bson.D{{Key: "$gte", Value: w.Seq}}}}})
		update = append(update, bson.E{Key: "$set", Value: bson.D{{Key: "seq", Value: w.Seq}}})
	}
	return mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(update).SetUpsert(true), nil
}

// Outage writes the outage, or replaces what stands under its id.
func (t *tx) Outage(ctx context.Context, o store.Outage) error {
	return t.change(ctx, "write an outage", "outages", []mongo.WriteModel{
		mongo.NewReplaceOneModel().SetFilter(bson.D{{Key: "_id", Value: o.ID}}).SetReplacement(outageRowOf(&o)).SetUpsert(true)})
}
