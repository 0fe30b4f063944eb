package mongodb

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/payment"
	"recibo/store"
)

// controlRow is a document of control_totals. Amounts are texts by currency, in
// one order: documents are compared as they stand.
type controlRow struct {
	ID         string    `bson:"_id"`
	Source     string    `bson:"source,omitempty"`
	Producer   string    `bson:"producer"`
	From       time.Time `bson:"window_from"`
	Until      time.Time `bson:"window_until"`
	Count      int64     `bson:"count"`
	Amounts    bson.D    `bson:"amounts"`
	Prints     []byte    `bson:"fingerprint_sum"`
	Queue      string    `bson:"queue"`
	Position   string    `bson:"position"`
	EntryID    string    `bson:"entry_id,omitempty"`
	RecordedAt time.Time `bson:"recorded_at"`
}

func controlRowOf(c *store.Control) *controlRow {
	r := &controlRow{ID: c.Window.ID(), Source: c.Source, Producer: c.Producer, From: c.From, Until: c.Until, Count: c.Count,
		Amounts: bson.D{}, Prints: c.Prints[:], Queue: c.Queue, Position: c.Position, EntryID: c.EntryID, RecordedAt: c.RecordedAt}
	texts := store.AmountTexts(c.Amounts)
	for _, currency := range slices.Sorted(maps.Keys(texts)) {
		r.Amounts = append(r.Amounts, bson.E{Key: string(currency), Value: texts[currency]})
	}
	return r
}

func (r *controlRow) control() (store.Control, error) {
	c := store.Control{Queue: r.Queue, Position: r.Position, EntryID: r.EntryID, RecordedAt: r.RecordedAt}
	c.Window = payment.Window{Source: r.Source, Producer: r.Producer, From: r.From, Until: r.Until}
	c.Count = r.Count
	texts := make(map[payment.Currency]string, len(r.Amounts))
	for _, e := range r.Amounts {
		texts[payment.Currency(e.Key)], _ = e.Value.(string) // what is none is refused below
	}
	var err error
	if c.Amounts, err = store.ParseAmounts(texts); err != nil {
		return c, err
	}
	if len(r.Prints) != len(c.Prints) {
		return c, errNoHash
	}
	c.Prints = payment.PrintSum(r.Prints)
	return c, nil
}

// Control looks which control totals stand, and inserts the others, as Record
// does.
func (t *tx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	outcomes := make([]store.ControlOutcome, len(cs))
	if len(cs) == 0 {
		return outcomes, nil
	}
	ids := make([]string, len(cs))
	for i := range cs {
		ids[i] = cs[i].Window.ID()
	}
	stood, err := t.stoodControls(ctx, ids)
	if err != nil {
		return nil, err
	}
	var fresh []any
	for i := range cs {
		if stands, ok := stood[ids[i]]; ok {
			outcomes[i] = store.JudgeControl(stands, &cs[i])
			if outcomes[i].Kind == store.Duplicate && t.sentBefore("control_totals", ids[i], arrivalOf(stands.Queue, stands.Position, stands.RecordedAt)) {
				outcomes[i].Kind = store.Recorded
			}
			continue
		}
		own := cs[i]
		own.Amounts = maps.Clone(own.Amounts)
		t.controls[ids[i]] = &own
		fresh = append(fresh, controlRowOf(&own))
		outcomes[i].Kind = store.Recorded
	}
	if len(fresh) == 0 {
		return outcomes, nil
	}
	return outcomes, t.insert(ctx, fmt.Sprintf("record %d control totals", len(fresh)), inRecord, "control_totals", fresh)
}

// stoodControls returns those of the control totals that stand, this
// transaction's included.
func (t *tx) stoodControls(ctx context.Context, ids []string) (map[string]*store.Control, error) {
	stood := map[string]*store.Control{}
	var unknown []string
	for _, id := range ids {
		if own, ok := t.controls[id]; ok {
			stood[id] = own
		} else {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return stood, nil
	}
	op := fmt.Sprintf("look %d control totals up", len(unknown))
	rows, err := find[controlRow](ctx, t, op, "control_totals", byID(unknown), options.Find().SetBatchSize(int32(len(unknown)+1)))
	if err != nil {
		return nil, err
	}
	for i := range rows {
		c, err := rows[i].control()
		if err != nil {
			return nil, t.fail(ctx, op, err, inGeneral)
		}
		stood[rows[i].ID] = &c
	}
	return stood, nil
}

// Controls reads a page of control totals.
func (r reader) Controls(ctx context.Context, q store.ControlQuery) (store.Page[store.Control], error) {
	var w where
	in(&w, "_id", q.IDs)
	if !q.Since.IsZero() {
		w.is("window_until", "$gt", q.Since)
	}
	if !q.Until.IsZero() {
		w.is("window_from", "$lt", q.Until)
	}
	switch {
	case q.Source == nil:
	case *q.Source == "":
		w.is("source", "$exists", false)
	default:
		w.is("source", "$eq", *q.Source)
	}
	l := list{List: store.List{Name: "control_totals", Order: q.Order}, time: "window_until"}
	return read(ctx, r, l, w, q.Limit, q.After, (*controlRow).control, func(c *store.Control) store.Place {
		return store.Place{Time: c.Until, ID: c.Window.ID()}
	})
}
