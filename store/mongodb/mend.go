package mongodb

import (
	"context"

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
