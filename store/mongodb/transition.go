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
	from standing // as it stood before
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
		if stands == nil {
			continue
		}
		from := *stands
		line, ok := stands.Move(&ts[i])
		if !ok {
			continue
		}
		if moves[stands.ID] == nil {
			moves[stands.ID] = &move{stands, from}
		}
		lines = append(lines, stands.note(line))
		done[i] = true
	}
	var changed []mongo.WriteModel
	for _, id := range slices.Sorted(maps.Keys(moves)) {
		changed = append(changed, moves[id].model())
		moves[id].Replaced = nil // written: the next call writes its own
	}
	return done, t.writeEntries(ctx, op, nil, changed, lines)
}

// model compares and sets.
func (m *move) model() mongo.WriteModel {
	set := bson.D{{Key: "state", Value: m.State}, {Key: "attempt", Value: int64(m.Attempt)}, {Key: "history_lines", Value: m.lines}}
	var unset bson.D
	if m.Attempt > m.from.Attempt { // it was redriven
		if m.Redrive != "" {
			set = append(set, bson.E{Key: "redrive_id", Value: m.Redrive})
		} else {
			unset = append(unset, bson.E{Key: "redrive_id", Value: ""})
		}
	}
	if m.Replaced != nil {
		set = append(set, bson.E{Key: "reason", Value: m.Reason}, bson.E{Key: "detail", Value: m.Replaced.Detail})
		if fields := fieldErrorsOf(m.Replaced.FieldErrors); fields != nil {
			set = append(set, bson.E{Key: "field_errors", Value: fields})
		} else {
			unset = append(unset, bson.E{Key: "field_errors", Value: ""})
		}
	}
	update := bson.D{{Key: "$set", Value: set}}
	if unset != nil {
		update = append(update, bson.E{Key: "$unset", Value: unset})
	}
	return mongo.NewUpdateOneModel().SetFilter(m.from.filter()).SetUpdate(update)
}
