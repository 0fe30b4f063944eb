package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/quarantine"
)

// standing is an entry as it stands now. The transaction keeps what it has read,
// and how it has changed it.
type standing struct {
	quarantine.Standing
	lines      int64 // of its history
	mendedRead bool  // Mended is known
}

// gone stands for an entry that the transaction has removed: no step begins
// where it is.
func gone(id string) *standing { return &standing{Standing: quarantine.Standing{ID: id}} }

// filter finds an entry only as it stands: whatever changes it, but for copies
// that come while it is waiting, adds a line to its history. Without a
// transaction somebody may have done so since it was looked at.
func (s *standing) filter() bson.D {
	return bson.D{{Key: "_id", Value: s.ID}, {Key: "state", Value: s.State}, {Key: "history_lines", Value: s.lines}}
}

// standingRow is what is read of an entry to know how it stands.
type standingRow struct {
	ID      string            `bson:"_id"`
	State   quarantine.State  `bson:"state"`
	Attempt int               `bson:"attempt"`
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
	rows, err := find[standingRow](ctx, t, op, "quarantine", byID(unknown),
		options.Find().SetProjection(fields).SetBatchSize(int32(len(unknown)+1)))
	if err != nil {
		return err
	}
	for _, r := range rows {
		t.standing[r.ID] = &standing{Standing: quarantine.Standing{ID: r.ID, State: r.State, Attempt: r.Attempt, Reason: r.Reason}, lines: r.Lines}
	}
	return nil
}

// note numbers the next line of an entry's history.
func (s *standing) note(l quarantine.HistoryLine) *historyRow {
	s.lines++
	return historyRowOf(&l, s.lines)
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
		if stands == nil || stands.State == "" {
			stands = &standing{Standing: quarantine.Standing{ID: e.ID, State: e.State, Attempt: e.Attempt, Reason: e.Reason}}
			t.standing[e.ID] = stands
			lines = append(lines, stands.note(e.FirstLine()))
			fresh = append(fresh, entryRowOf(e, stands.lines))
			continue
		}
		from := *stands
		if line, ok := stands.SeenAgain(e); ok {
			lines = append(lines, stands.note(line))
		}
		seen = append(seen, seenModel(e, stands, &from))
	}
	return t.writeEntries(ctx, op, fresh, seen, lines)
}

// seenModel is what changes in an entry that comes again, which stood as from.
func seenModel(e *quarantine.Entry, stands, from *standing) mongo.WriteModel {
	filter := bson.D{{Key: "_id", Value: e.ID}}
	update := bson.D{
		{Key: "$inc", Value: bson.D{{Key: "seen", Value: e.Seen}}},
		{Key: "$max", Value: bson.D{{Key: "last_seen_at", Value: e.LastSeenAt}}},
	}
	if stands.State != from.State {
		filter = from.filter()
		update = append(update, bson.E{Key: "$set", Value: bson.D{{Key: "state", Value: stands.State}, {Key: "history_lines", Value: stands.lines}}})
	}
	return mongo.NewUpdateOneModel().SetFilter(filter).SetUpdate(update)
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
