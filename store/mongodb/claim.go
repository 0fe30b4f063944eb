package mongodb

import (
	"context"
	"errors"
	"fmt"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/store"
)

func writerDocument(w *store.Writer) bson.D {
	return bson.D{{Key: "recorder", Value: w.Recorder}, {Key: "host", Value: w.Host}, {Key: "version", Value: w.Version},
		{Key: "started_at", Value: w.StartedAt}, {Key: "seen_at", Value: w.SeenAt}, {Key: "seq", Value: w.Seq}}
}

// Claim takes the writer's next number. A transaction that is still open under
// it has written the same document: then this one is in conflict, and redone.
func (t *tx) Claim(ctx context.Context, w store.Writer) (bool, error) {
	t.writer = w.ID
	op := fmt.Sprintf("claim number %d", w.Seq)
	if t.session == nil {
		return t.claimPlain(ctx, op, w)
	}
	var taken bool
	err := t.do(ctx, op, inGeneral, func(ctx context.Context) (err error) {
		taken, err = t.takeNumber(ctx, &w)
		return err
	})
	if err != nil || taken {
		return false, err
	}
	stands, err := t.claimed(ctx, op, w.ID)
	switch {
	case err != nil:
		return false, err
	case stands == w.Seq:
		return true, nil
	}
	return false, fmt.Errorf("%s: %w", op, store.ErrFenced)
}

// takeNumber moves the writer's document on by one, or makes it.
func (t *tx) takeNumber(ctx context.Context, w *store.Writer) (bool, error) {
	writers := t.collection("writers")
	if w.Seq == 1 {
		made, err := writers.UpdateOne(ctx, bson.D{{Key: "_id", Value: w.ID}},
			bson.D{{Key: "$setOnInsert", Value: writerDocument(w)}}, options.UpdateOne().SetUpsert(true))
		return err == nil && made.UpsertedCount == 1, err
	}
	moved, err := writers.UpdateOne(ctx, bson.D{{Key: "_id", Value: w.ID}, {Key: "seq", Value: w.Seq - 1}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "seq", Value: w.Seq}, {Key: "seen_at", Value: w.SeenAt}}}})
	return err == nil && moved.MatchedCount == 1, err
}

// claimed is the writer's last number, 0 if it has none.
func (t *tx) claimed(ctx context.Context, op, writer string) (int64, error) {
	var row struct {
		Seq int64 `bson:"seq"`
	}
	err := t.do(ctx, op, inGeneral, func(ctx context.Context) error {
		err := t.collection("writers").FindOne(ctx, bson.D{{Key: "_id", Value: writer}}).Decode(&row)
		if errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		return err
	})
	return row.Seq, err
}
