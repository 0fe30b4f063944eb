package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/quarantine"
)

// standing is what decides how an entry changes. The transaction keeps what it
// has read, and how it has changed it.
type standing struct {
	ID      string            `bson:"_id"`
	State   quarantine.State  `bson:"state"`
	Attempt int64             `bson:"attempt"`
	Reason  quarantine.Reason `bson:"reason"`
	Lines   int64             `bson:"history_lines"`
}

// stand reads how entries stand, those that there are.
func (t *tx) stand(ctx context.Context, op string, ids []string) error {
	var unknown []string
	for _, id := range ids {
		if t.standing[id] == nil {
			unknown = append(unknown, id)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	fields := bson.D{{Key: "state", Value: 1}, {Key: "attempt", Value: 1}, {Key: "reason", Value: 1}, {Key: "history_lines", Value: 1}}
	rows, err := find[standing](ctx, t, op, "quarantine", byID(unknown),
		options.Find().SetProjection(fields).SetBatchSize(int32(len(unknown)+1)))
	if err != nil {
		return err
	}
	for i := range rows {
		t.standing[rows[i].ID] = &rows[i]
	}
	return nil
}

// note makes the next line of an entry's history.
func (s *standing) note(l quarantine.HistoryLine) *historyRow {
	s.Lines++
	l.EntryID, l.To, l.Attempt, l.Reason = s.ID, s.State, int(s.Attempt), s.Reason
	return historyRowOf(&l, s.Lines)
}

// Quarantine writes entries, or what changes when they come again.
func (t *tx) Quarantine(ctx context.Context, es []quarantine.Entry) error {
	if len(es) == 0 {
		return nil
	}
	op := fmt.Sprintf("quarantine %d entries", len(es))
	ids := make([]string, len(es))
	for i := range es {
		ids[i] = es[i].ID
	}
	if err := t.stand(ctx, op, ids); err != nil {
		return err
	}
	var fresh, lines []any
	var seen []mongo.WriteModel
	for i := range es {
		e := &es[i]
		stands := t.standing[e.ID]
		if stands == nil {
			stands = &standing{ID: e.ID, State: e.State, Attempt: int64(e.Attempt), Reason: e.Reason}
			t.standing[e.ID] = stands
			lines = append(lines, stands.note(quarantine.HistoryLine{Actor: string(quarantine.Recorder), At: e.FirstSeenAt}))
			fresh = append(fresh, entryRowOf(e, stands.Lines))
			continue
		}
		if from := stands.State; from == quarantine.Resolved || from == quarantine.Discarded {
			stands.State = quarantine.Held
			lines = append(lines, stands.note(quarantine.HistoryLine{From: from, Actor: string(quarantine.Recorder),
				Note: "the same bytes came again", At: e.LastSeenAt}))
		}
		seen = append(seen, seenModel(e, stands))
	}
	return t.writeEntries(ctx, op, fresh, seen, lines)
}

// seenModel is what changes in an entry that comes again.
func seenModel(e *quarantine.Entry, stands *standing) mongo.WriteModel {
	return mongo.NewUpdateOneModel().SetFilter(bson.D{{Key: "_id", Value: e.ID}}).SetUpdate(bson.D{
		{Key: "$inc", Value: bson.D{{Key: "seen", Value: e.Seen}}},
		{Key: "$max", Value: bson.D{{Key: "last_seen_at", Value: e.LastSeenAt}}},
		{Key: "$set", Value: bson.D{{Key: "state", Value: stands.State}, {Key: "history_lines", Value: stands.Lines}}},
	})
}

func (t *tx) writeEntries(ctx context.Context, op string, fresh []any, changed []mongo.WriteModel, lines []any) error {
	if len(fresh) > 0 {
		if err := t.insert(ctx, op, inGeneral, "quarantine", fresh); err != nil {
			return err
		}
	}
	if len(changed) > 0 {
		if err := t.change(ctx, op, "quarantine", changed); err != nil {
			return err
		}
	}
	if len(lines) == 0 {
		return nil
	}
	return t.insert(ctx, op, inGeneral, "quarantine_history", lines)
}
