package mongodb

import (
	"context"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/quarantine"
)

// over is how entries stand that are done with, and are removed together.
type over struct {
	state quarantine.State
	lines int64
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
	groups := map[over][]string{}
	count := int64(0)
	for _, id := range ids {
		stands := t.standing[id]
		if stands != nil && (stands.State == quarantine.Resolved || stands.State == quarantine.Discarded) {
			o := over{stands.State, stands.lines}
			groups[o] = append(groups[o], id)
			t.standing[id] = gone(id)
			count++
		}
	}
	if count == 0 {
		return 0, nil
	}
	var lines, entries []mongo.WriteModel
	for o, ids := range groups {
		these := bson.D{{Key: "$in", Value: ids}}
		lines = append(lines, mongo.NewDeleteManyModel().SetFilter(
			bson.D{{Key: "entry_id", Value: these}, {Key: "line", Value: bson.D{{Key: "$lte", Value: o.lines}}}}))
		entries = append(entries, mongo.NewDeleteManyModel().SetFilter(
			bson.D{{Key: "_id", Value: these}, {Key: "state", Value: o.state}, {Key: "history_lines", Value: o.lines}}))
	}
	if err := t.remove(ctx, op, "quarantine_history", lines, anyNumber); err != nil {
		return 0, err
	}
	return count, t.remove(ctx, op, "quarantine", entries, count)
}

// anyNumber is of documents that remove may find.
const anyNumber = -1

// remove removes documents, so many of them. If there are less, somebody has
// changed them since they were looked at.
func (t *tx) remove(ctx context.Context, op, collection string, models []mongo.WriteModel, want int64) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	run := func(ctx context.Context) (bool, error) {
		done, err := t.collection(collection).BulkWrite(ctx, models)
		return err == nil && (want == anyNumber || done.DeletedCount == want), err
	}
	if t.session == nil {
		t.plain.later(func(ctx context.Context) error {
			all, err := run(ctx)
			switch {
			case err != nil:
				return t.fail(ctx, op, err, inGeneral)
			case !all:
				return t.meanwhile(op)
			}
			return nil
		})
		return nil
	}
	return t.do(ctx, op, inGeneral, func(ctx context.Context) error {
		_, err := run(ctx)
		return err
	})
}
