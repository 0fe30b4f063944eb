package mongodb

import (
	"context"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// Totals reads everything as of one time, so that the sums belong together; on
// a standalone server one after the other.
func (r reader) Totals(ctx context.Context) (store.Totals, error) {
	t := store.Totals{
		Amount:      map[payment.Currency]payment.Total{},
		Quarantined: map[quarantine.Reason]int64{},
		States:      map[quarantine.State]int64{},
		HeldBy:      map[quarantine.Reason]int64{},
	}
	inside := ctx
	if !r.store.standalone {
		session, err := r.store.client.StartSession(options.Session().SetSnapshot(true))
		if err != nil {
			return t, classify(ctx, "read totals", err, inGeneral)
		}
		defer session.EndSession(ctx)
		inside = mongo.NewSessionContext(ctx, session)
	}
	for _, part := range []func(context.Context, *store.Totals) error{r.tallied, r.states, r.outages} {
		if err := part(inside, &t); err != nil {
			return t, classify(ctx, "read totals", err, inGeneral)
		}
	}
	return t, nil
}

// group sums up a collection. Each of the keys is a field, or its own
// expression.
func group[T any](ctx context.Context, r reader, collection string, w where, keys, sums bson.D) (all []T, err error) {
	pipeline := bson.A{
		bson.D{{Key: "$match", Value: w.filter()}},
		bson.D{{Key: "$group", Value: append(bson.D{{Key: "_id", Value: keys}}, sums...)}},
		bson.D{{Key: "$sort", Value: bson.D{{Key: "_id", Value: 1}}}},
	}
	cursor, err := r.store.db.Collection(collection).Aggregate(ctx, pipeline)
	if err != nil {
		return nil, err
	}
	return all, cursor.All(ctx, &all)
}

func sumOf(name, field string) bson.E {
	return bson.E{Key: name, Value: bson.D{{Key: "$sum", Value: field}}}
}

var countAll = bson.E{Key: "n", Value: bson.D{{Key: "$sum", Value: 1}}}

func (r reader) tallied(ctx context.Context, t *store.Totals) error {
	type line struct {
		Key struct {
			Fate     store.Fate        `bson:"fate"`
			Reason   quarantine.Reason `bson:"reason"`
			Currency payment.Currency  `bson:"currency"`
		} `bson:"_id"`
		Count  int64         `bson:"count"`
		Amount bson.RawValue `bson:"amount"`
	}
	lines, err := group[line](ctx, r, "tally", nil,
		bson.D{{Key: "fate", Value: "$fate"}, {Key: "reason", Value: "$reason"}, {Key: "currency", Value: "$currency"}},
		bson.D{sumOf("count", "$count"), sumOf("amount", "$amount")})
	if err != nil {
		return err
	}
	for _, l := range lines {
		switch l.Key.Fate {
		case store.FateRecorded:
			sum, err := totalOf(l.Amount, l.Key.Currency)
			if err != nil {
				return err
			}
			t.Recorded += l.Count
			t.Amount[l.Key.Currency] = t.Amount[l.Key.Currency].Plus(sum)
		case store.FateDuplicate:
			t.Duplicates += l.Count
		case store.FateControl:
			t.Controls += l.Count
		case store.FateQuarantined:
			t.Quarantined[l.Key.Reason] += l.Count
		}
	}
	return nil
}

func (r reader) states(ctx context.Context, t *store.Totals) error {
	type line struct {
		Key struct {
			State  quarantine.State  `bson:"state"`
			Reason quarantine.Reason `bson:"reason"`
		} `bson:"_id"`
		N int64 `bson:"n"`
	}
	lines, err := group[line](ctx, r, "quarantine", nil, bson.D{{Key: "state", Value: "$state"}, {Key: "reason", Value: "$reason"}}, bson.D{countAll})
	for _, l := range lines {
		t.States[l.Key.State] += l.N
		if l.Key.State == quarantine.Held {
			t.HeldBy[l.Key.Reason] += l.N
		}
	}
	return err
}

func (r reader) outages(ctx context.Context, t *store.Totals) error {
	type line struct {
		Key struct {
			Open bool `bson:"open"`
		} `bson:"_id"`
		N int64 `bson:"n"`
	}
	isOpen := bson.D{{Key: "$eq", Value: bson.A{bson.D{{Key: "$type", Value: "$ended_at"}}, "missing"}}}
	lines, err := group[line](ctx, r, "outages", nil, bson.D{{Key: "open", Value: isOpen}}, bson.D{countAll})
	for _, l := range lines {
		t.Outages += l.N
		if l.Key.Open {
			t.OutagesOpen += l.N
		}
	}
	return err
}
