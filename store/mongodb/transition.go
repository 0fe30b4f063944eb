package mongodb

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/quarantine"
)

// move is what becomes of one entry.
type move struct {
	*standing
	from     standing               // as it stood before
	replaced *quarantine.Transition // whose reason, detail and field errors stand now
}

// Transition moves entries from state to state, one step after the other, so
// that an entry may take several.
func (t *tx) Transition(ctx context.Context, ts []quarantine.Transition) ([]bool, error) {
	done := make([]bool, len(ts))
	if len(ts) == 0 {
		return done, nil
	}
	op := fmt.Sprintf("move %d entries", len(ts))
	ids := map[string]bool{}
	for i := range ts {
		ids[ts[i].EntryID] = true
	}
	if err := t.stand(ctx, op, slices.Sorted(maps.Keys(ids))); err != nil {
		return nil, err
	}
	moves := map[string]*move{}
	var lines []any
	for i := range ts {
		stands := t.standing[ts[i].EntryID]
		if stands == nil || !mayMove(stands, &ts[i]) {
			continue
		}
		if moves[stands.ID] == nil {
			moves[stands.ID] = &move{standing: stands, from: *stands}
		}
		lines = append(lines, moves[stands.ID].take(&ts[i]))
		done[i] = true
	}
	var changed []mongo.WriteModel
	for _, id := range slices.Sorted(maps.Keys(moves)) {
		changed = append(changed, moves[id].model())
	}
	return done, t.writeEntries(ctx, op, nil, changed, lines)
}

func mayMove(stands *standing, tr *quarantine.Transition) bool {
	return stands.State == tr.From && stands.Attempt == int64(tr.Attempt) && quarantine.Legal(tr.From, tr.To, tr.By)
}

// take takes a step and returns its line of history.
func (m *move) take(tr *quarantine.Transition) *historyRow {
	m.State = tr.To
	if tr.To == quarantine.Redriven {
		m.Attempt++
	}
	if tr.From == quarantine.Redriven && tr.To == quarantine.Held && tr.Reason != "" {
		m.Reason, m.replaced = tr.Reason, tr
	}
	return m.note(quarantine.HistoryLine{From: tr.From, Actor: tr.Actor, Note: tr.Note, At: tr.At})
}

// model compares and sets: without a transaction somebody may have moved the
// entry since it was looked at.
func (m *move) model() mongo.WriteModel {
	set := bson.D{{Key: "state", Value: m.State}, {Key: "attempt", Value: m.Attempt}, {Key: "history_lines", Value: m.Lines}}
	update := bson.D{}
	if m.replaced != nil {
		set = append(set, bson.E{Key: "reason", Value: m.Reason}, bson.E{Key: "detail", Value: m.replaced.Detail})
		if fields := fieldErrorsOf(m.replaced.FieldErrors); fields != nil {
			set = append(set, bson.E{Key: "field_errors", Value: fields})
		} else {
			update = append(update, bson.E{Key: "$unset", Value: bson.D{{Key: "field_errors", Value: ""}}})
		}
	}
	return mongo.NewUpdateOneModel().
		SetFilter(bson.D{{Key: "_id", Value: m.ID}, {Key: "state", Value: m.from.State}, {Key: "attempt", Value: m.from.Attempt}}).
		SetUpdate(append(update, bson.E{Key: "$set", Value: set}))
}
