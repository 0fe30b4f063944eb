package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/store"
)

// plain is a transaction on a server that has none. Nothing is written before
// the function has returned, so its error leaves nothing behind. Then all is
// written, each step so that it may be done again, and the numbers of the writer
// and of a redrive last: whatever happens in between, they do not say that it had
// landed.
type plain struct {
	writes []func(context.Context) error
	claims []func(context.Context) error
	writer *store.Writer // that claims
	sent   []doubt       // documents that this attempt or an earlier one wrote
}

func (p *plain) later(write func(context.Context) error) { p.writes = append(p.writes, write) }

// flush writes everything.
func (t *tx) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.store.options.CommitTimeout)
	defer cancel()
	for _, write := range slices.Concat(t.plain.writes, t.plain.claims) {
		if err := write(ctx); err != nil {
			return err
		}
	}
	t.store.doubts.settle(t.plain.sent...)
	return nil
}

// errMeanwhile makes the transaction be redone, which then sees what is there.
var errMeanwhile = errors.New("somebody wrote the same meanwhile")

func (t *tx) meanwhile(op string) error {
	t.failed = &store.Error{Class: store.ClassTransient, Op: op, Err: errMeanwhile}
	return t.failed
}

// claimPlain looks whether the number is the next. It is taken last.
func (t *tx) claimPlain(ctx context.Context, op string, w store.Writer) (bool, error) {
	stands, err := t.claimed(ctx, op, w.ID)
	switch {
	case err != nil:
		return false, err
	case stands == w.Seq:
		return true, nil
	case stands != w.Seq-1:
		return false, fmt.Errorf("%s: %w", op, store.ErrFenced)
	}
	t.plain.writer = &w
	t.plain.takeLast(t, op, func(ctx context.Context) (bool, error) { return t.takeNumber(ctx, &w) })
	return false, nil
}

// takeLast takes a number when everything else is written.
func (p *plain) takeLast(t *tx, op string, number func(context.Context) (bool, error)) {
	p.claims = append(p.claims, func(ctx context.Context) error {
		taken, err := number(ctx)
		switch {
		case err != nil:
			t.failed = classify(ctx, op, err, inCommit)
			return t.failed
		case !taken:
			return t.meanwhile(op)
		}
		return nil
	})
}

// insertPlain inserts what is not there. What stands already must have been sent
// by an earlier attempt of this writer, and be the same to the byte.
func (t *tx) insertPlain(ctx context.Context, op string, at step, collection string, documents []any) error {
	sent := make([]doubt, len(documents))
	earlier := make([]bool, len(documents))
	for i, d := range documents {
		sent[i] = t.plain.doubt(collection, d.(keyed).key())
		earlier[i] = t.store.doubts.add(sent[i], d)
	}
	t.plain.sent = append(t.plain.sent, sent...)
	_, err := t.collection(collection).InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
	if err == nil {
		return nil
	}
	taken, err := takenKeys(err)
	if err != nil {
		return t.fail(ctx, op, err, at)
	}
	others := 0
	for _, i := range taken {
		ours := false
		if earlier[i] {
			if ours, err = t.stands(ctx, collection, documents[i]); err != nil {
				return t.fail(ctx, op, err, at)
			}
		}
		if !ours {
			t.store.doubts.settle(sent[i])
			others++
		}
	}
	if others > 0 {
		return t.meanwhile(op)
	}
	return nil
}

// keyed is a document of ours.
type keyed interface{ key() string }

func (r *paymentRow) key() string { return r.ID }
func (r *entryRow) key() string   { return r.ID }
func (r *historyRow) key() string { return r.ID }
func (r *controlRow) key() string { return r.ID }

// takenKeys are the indexes of the documents whose keys are taken, if that is
// all that is wrong.
func takenKeys(err error) ([]int, error) {
	bulk, ok := errors.AsType[mongo.BulkWriteException](err)
	if !ok || bulk.WriteConcernError != nil {
		return nil, err
	}
	var taken []int
	for _, e := range bulk.WriteErrors {
		if e.Code != codeDuplicate || !isOwnKey(e.WriteError) {
			bulk.WriteErrors = []mongo.BulkWriteError{e}
			return nil, bulk
		}
		taken = append(taken, e.Index)
	}
	return taken, nil
}

// stands reports whether this very document is there.
func (t *tx) stands(ctx context.Context, collection string, document any) (bool, error) {
	ours, err := bson.Marshal(document)
	if err != nil {
		return false, err
	}
	theirs, err := t.collection(collection).FindOne(ctx, bson.D{{Key: "_id", Value: bson.Raw(ours).Lookup("_id")}}).Raw()
	if err != nil {
		return false, err
	}
	return bytes.Equal(ours, theirs), nil
}

// changePlain updates. What is not found as it was looked at has changed.
func (t *tx) changePlain(ctx context.Context, op, collection string, models []mongo.WriteModel) error {
	done, err := t.collection(collection).BulkWrite(ctx, models)
	if err != nil {
		return t.fail(ctx, op, err, inGeneral)
	}
	if done.MatchedCount+done.UpsertedCount != int64(len(models)) {
		return t.meanwhile(op)
	}
	return nil
}

// tallyPlain adds each line once for the writer's number: a line that has it
// already is neither found nor can be made.
func (t *tx) tallyPlain(ctx context.Context, op string, models []mongo.WriteModel) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	t.plain.later(func(ctx context.Context) error {
		_, err := t.collection("tally").BulkWrite(ctx, models, options.BulkWrite().SetOrdered(false))
		if err == nil {
			return nil
		}
		if _, err = takenKeys(err); err != nil {
			return t.fail(ctx, op, err, inGeneral)
		}
		return nil
	})
	return nil
}
