package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/store"
)

// Record looks which payments stand, and inserts the others: a key that stands
// already would end the whole transaction.
func (t *tx) Record(ctx context.Context, ps []store.Payment) ([]store.Outcome, error) {
	outcomes := make([]store.Outcome, len(ps))
	if len(ps) == 0 {
		return outcomes, nil
	}
	stood, err := t.stood(ctx, ps)
	if err != nil {
		return nil, err
	}
	var fresh []any
	for i := range ps {
		id := ps[i].TransactionID
		if stands, ok := stood[id]; ok {
			outcomes[i] = t.judge(stands, &ps[i])
			continue
		}
		own := ps[i]
		t.recorded[id] = &own
		fresh = append(fresh, paymentRowOf(&own))
		outcomes[i].Kind = store.Recorded
	}
	if len(fresh) == 0 {
		return outcomes, nil
	}
	return outcomes, t.insert(ctx, fmt.Sprintf("record %d payments", len(fresh)), inRecord, "payments", fresh)
}

// stood returns those of the payments that stand, this transaction's included.
func (t *tx) stood(ctx context.Context, ps []store.Payment) (map[string]*store.Payment, error) {
	stood := map[string]*store.Payment{}
	var ids []string
	for i := range ps {
		if own, ok := t.recorded[ps[i].TransactionID]; ok {
			stood[ps[i].TransactionID] = own
		} else {
			ids = append(ids, ps[i].TransactionID)
		}
	}
	if len(ids) == 0 {
		return stood, nil
	}
	op := fmt.Sprintf("look %d payments up", len(ids))
	rows, err := find[paymentRow](ctx, t, op, "payments", byID(ids), options.Find().SetBatchSize(int32(len(ids)+1)))
	if err != nil {
		return nil, err
	}
	for i := range rows {
		p, err := rows[i].payment()
		if err != nil {
			return nil, t.fail(ctx, op, err, inGeneral)
		}
		stood[p.TransactionID] = &p
	}
	return stood, nil
}

func (t *tx) judge(stands, arrived *store.Payment) store.Outcome {
	o := store.Judge(stands, arrived)
	if o.Kind == store.Duplicate && t.sentBefore("payments", stands.TransactionID, arrivalOf(stands.Queue, stands.Position, stands.RecordedAt)) {
		o.Kind = store.Recorded
	}
	return o
}
