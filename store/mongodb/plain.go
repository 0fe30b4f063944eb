package mongodb

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/store"
)

// plain is a transaction on a server that has none. Nothing is written before
// the function has returned, so its error leaves nothing behind. Then all is
// written, each step so that it may be done again, and the writer's number last:
// whatever happens in between, the number does not say that it had landed.
type plain struct {
	writes []func(context.Context) error
	claim  func(context.Context) error
	writer *store.Writer // that claims
	sent   []doubt       // documents that this attempt or an earlier one wrote
}

// doubt names the document in the collection for the transaction's writer.
func (p *plain) doubt(collection, id string) doubt {
	if p.writer == nil {
		return doubt{"", collection, id}
	}
	return doubt{p.writer.ID, collection, id}
}

func (p *plain) later(write func(context.Context) error) { p.writes = append(p.writes, write) }

// flush writes everything.
func (t *tx) flush(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), t.store.options.CommitTimeout)
	defer cancel()
	for _, write := range t.plain.writes {
		if err := write(ctx); err != nil {
			return err
		}
	}
	if t.plain.claim != nil {
		if err := t.plain.claim(ctx); err != nil {
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
	t.plain.claim = func(ctx context.Context) error {
		taken, err := t.takeNumber(ctx, &w)
		switch {
		case err != nil:
			t.failed = classify(ctx, op, err, inCommit)
			return t.failed
		case !taken:
			return t.meanwhile(op)
		}
		return nil
	}
	return false, nil
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

// doubt names a document that a writer sent.
type doubt struct{ writer, collection, id string }

// doubts are documents that were sent by attempts of which not all is written.
// Payments that are offered again by the same writer and stand are recorded, not
// duplicates.
type doubts struct {
	mu   sync.Mutex
	sent map[doubt]any
}

// add reports whether an earlier attempt has sent the document.
func (d *doubts) add(name doubt, document any) (earlier bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.sent == nil {
		d.sent = map[doubt]any{}
	}
	_, earlier = d.sent[name]
	d.sent[name] = document
	return earlier
}

// has reports whether what stands is what such an attempt wrote.
func (d *doubts) has(name doubt, stands *store.Payment) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	row, ok := d.sent[name].(*paymentRow)
	return ok && row.Queue == stands.Queue && row.Position == stands.Position && row.RecordedAt.Equal(stands.RecordedAt)
}

func (d *doubts) settle(names ...doubt) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, name := range names {
		delete(d.sent, name)
	}
}
