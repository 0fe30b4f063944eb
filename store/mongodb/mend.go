package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/quarantine"
)

// Mend puts a mended body beside an entry's original.
func (t *tx) Mend(ctx context.Context, m quarantine.Mending) (bool, error) {
	const op = "mend an entry"
	stands, err := t.standMended(ctx, op, m.EntryID)
	if err != nil || stands == nil {
		return false, err
	}
	from := *stands
	line, ok := stands.Mend(&m)
	if !ok {
		return false, nil
	}
	note := stands.note(line)
	update := bson.D{{Key: "$set", Value: bson.D{{Key: "history_lines", Value: stands.lines}, {Key: "mended_body", Value: m.Body}}}}
	if m.Body == nil {
		update = bson.D{{Key: "$set", Value: bson.D{{Key: "history_lines", Value: stands.lines}}},
			{Key: "$unset", Value: bson.D{{Key: "mended_body", Value: ""}}}}
	}
	change := mongo.NewUpdateOneModel().SetFilter(from.filter()).SetUpdate(update)
	return true, t.writeEntries(ctx, op, nil, []mongo.WriteModel{change}, []any{note})
}

// standMended reads how an entry stands, with its mended body; nil if there is
// none.
func (t *tx) standMended(ctx context.Context, op, id string) (*standing, error) {
	if err := t.stand(ctx, op, []string{id}); err != nil {
		return nil, err
	}
	stands := t.standing[id]
	if stands == nil || stands.mendedRead {
		return stands, nil
	}
	rows, err := find[struct {
		Mended *[]byte `bson:"mended_body"`
	}](ctx, t, op, "quarantine", byID([]string{id}), options.Find().SetProjection(bson.D{{Key: "mended_body", Value: 1}}))
	if err != nil {
		return nil, err
	}
	if len(rows) > 0 && rows[0].Mended != nil {
		stands.Mended = *rows[0].Mended
	}
	stands.mendedRead = true
	return stands, nil
}

// Purge removes entries that are done with. Their history goes first, no more
// of it than was there when they were looked at: without a transaction what is
// left half done can be done again.
func (t *tx) Purge(ctx context.Context, ids []string) (int64, error) {
	if len(ids) == 0 {
		return 0, nil
	}
	op := fmt.Sprintf("purge %d entries", len(ids))
	if err := t.stand(ctx, op, ids); err != nil {
		return 0, err
	}
	var lines, entries []mongo.WriteModel
	for _, id := range ids {
		stands := t.standing[id]
		if stands == nil || stands.State != quarantine.Resolved && stands.State != quarantine.Discarded {
			continue
		}
		lines = append(lines, mongo.NewDeleteManyModel().SetFilter(
			bson.D{{Key: "entry_id", Value: id}, {Key: "line", Value: bson.D{{Key: "$lte", Value: stands.lines}}}}))
		entries = append(entries, mongo.NewDeleteOneModel().SetFilter(stands.filter()))
		t.standing[id] = gone(id)
	}
	if len(entries) == 0 {
		return 0, nil
	}
	if err := t.remove(ctx, op, "quarantine_history", lines); err != nil {
		return 0, err
	}
	return int64(len(entries)), t.change(ctx, op, "quarantine", entries)
}

// remove removes documents, of which there may be any number.
func (t *tx) remove(ctx context.Context, op, collection string, models []mongo.WriteModel) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	run := func(ctx context.Context) error {
		_, err := t.collection(collection).BulkWrite(ctx, models)
		return err
	}
	if t.session != nil {
		return t.do(ctx, op, inGeneral, run)
	}
	t.plain.later(func(ctx context.Context) error {
		if err := run(ctx); err != nil {
			return t.fail(ctx, op, err, inGeneral)
		}
		return nil
	})
	return nil
}
