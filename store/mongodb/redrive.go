package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/store"
)

// redriveRow is a document of redrives.
type redriveRow struct {
	ID      string     `bson:"_id"`
	Filter  string     `bson:"filter"`
	Cutoff  time.Time  `bson:"cutoff"`
	Actor   string     `bson:"actor"`
	Note    string     `bson:"note,omitempty"`
	Rate    int64      `bson:"rate"`
	Total   int64      `bson:"total"`
	Seq     int64      `bson:"seq"`
	Runner  string     `bson:"runner"`
	Cursor  string     `bson:"last_entry"`
	Moved   int64      `bson:"moved"`
	Refused int64      `bson:"refused"`
	State   string     `bson:"state"`
	BeganAt time.Time  `bson:"began_at"`
	SeenAt  time.Time  `bson:"seen_at"`
	EndedAt *time.Time `bson:"ended_at,omitempty"`
}

func redriveRowOf(r *store.Redrive) *redriveRow {
	row := &redriveRow{ID: r.ID, Filter: r.Filter, Cutoff: r.Cutoff, Actor: r.Actor, Note: r.Note, Rate: int64(r.Rate), Total: r.Total,
		Seq: r.Seq, Runner: r.Runner, Cursor: r.Cursor, Moved: r.Moved, Refused: r.Refused, State: string(r.State),
		BeganAt: r.BeganAt, SeenAt: r.SeenAt}
	if !r.EndedAt.IsZero() {
		row.EndedAt = &r.EndedAt
	}
	return row
}

func (r *redriveRow) redrive() (store.Redrive, error) {
	d := store.Redrive{ID: r.ID, Filter: r.Filter, Cutoff: r.Cutoff, Actor: r.Actor, Note: r.Note, Rate: int(r.Rate), Total: r.Total,
		Seq: r.Seq, Runner: r.Runner, Cursor: r.Cursor, Moved: r.Moved, Refused: r.Refused, State: store.RedriveState(r.State),
		BeganAt: r.BeganAt, SeenAt: r.SeenAt}
	if r.EndedAt != nil {
		d.EndedAt = *r.EndedAt
	}
	return d, nil
}

// Redrive looks how the run stands, and makes the next change. Of two that make
// it at once one is in conflict, and is redone; then it finds the other's.
func (t *tx) Redrive(ctx context.Context, r store.Redrive) (bool, error) {
	t.writer = r.ID
	op := fmt.Sprintf("write change %d of a redrive", r.Seq)
	var stands redriveRow
	found := false
	err := t.do(ctx, op, inGeneral, func(ctx context.Context) error {
		err := t.collection("redrives").FindOne(ctx, bson.D{{Key: "_id", Value: r.ID}}).Decode(&stands)
		if found = err == nil; errors.Is(err, mongo.ErrNoDocuments) {
			return nil
		}
		return err
	})
	if err != nil {
		return false, err
	}
	landed, err := store.ClaimRedrive(found, stands.Seq, stands.Runner, &r)
	if err != nil {
		return false, fmt.Errorf("%s: %w", op, err)
	}
	if landed {
		return true, nil
	}
	return false, t.take(ctx, op, func(ctx context.Context) (bool, error) { return t.writeRedrive(ctx, &r) })
}

// writeRedrive makes the document of a run, or replaces it if nobody else has
// since it was looked at.
func (t *tx) writeRedrive(ctx context.Context, r *store.Redrive) (bool, error) {
	redrives := t.collection("redrives")
	if r.Seq == 1 {
		_, err := redrives.InsertOne(ctx, redriveRowOf(r))
		return err == nil, err
	}
	done, err := redrives.ReplaceOne(ctx, bson.D{{Key: "_id", Value: r.ID}, {Key: "seq", Value: r.Seq - 1}}, redriveRowOf(r))
	return err == nil && done.MatchedCount == 1, err
}

// Redrives reads a page of runs, the latest first.
func (r reader) Redrives(ctx context.Context, q store.RedriveQuery) (store.Page[store.Redrive], error) {
	var w where
	if q.ID != "" {
		w.is("_id", "$eq", q.ID)
	}
	in(&w, "state", q.States)
	l := list{List: store.List{Name: "redrives"}, time: "began_at"}
	return read(ctx, r, l, w, q.Limit, q.After, (*redriveRow).redrive, func(d *store.Redrive) store.Place {
		return store.Place{Time: d.BeganAt, ID: d.ID}
	})
}
