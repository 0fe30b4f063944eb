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
	writes  []func(context.Context) error
	claim   func(context.Context) error
	writer  *store.Writer // that claims
	settled []string      // ids of payments that an earlier attempt wrote
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
	t.store.doubts.settle(t.plain.settled)
	for id := range t.recorded {
		t.store.doubts.settle([]string{id})
	}
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

// insertPlain inserts what is not there. What stands already must be the same
// to the byte: written by an attempt of this transaction that failed later.
func (t *tx) insertPlain(ctx context.Context, op string, at step, collection string, documents []any) error {
	for _, d := range documents {
		if row, ok := d.(*paymentRow); ok {
			t.store.doubts.add(row)
		}
	}
	_, err := t.collection(collection).InsertMany(ctx, documents, options.InsertMany().SetOrdered(false))
	if err == nil {
		return nil
	}
	taken, err := takenKeys(err)
	if err != nil {
		return t.fail(ctx, op, err, at)
	}
	for _, i := range taken {
		same, err := t.stands(ctx, collection, documents[i])
		switch {
		case err != nil:
			return t.fail(ctx, op, err, at)
		case !same:
			return t.meanwhile(op)
		}
	}
	return nil
}

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
	if row, ok := document.(*paymentRow); ok && !bytes.Equal(ours, theirs) {
		t.store.doubts.settle([]string{row.ID}) // somebody else's
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

// doubts are payments that were sent by attempts of which not all is written.
// When they are offered again and stand, they are recorded, not duplicates.
type doubts struct {
	mu   sync.Mutex
	rows map[string]*paymentRow
}

func (d *doubts) add(row *paymentRow) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.rows == nil {
		d.rows = map[string]*paymentRow{}
	}
	d.rows[row.ID] = row
}

// has reports whether what stands is what such an attempt wrote.
func (d *doubts) has(stands *store.Payment) bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	row := d.rows[stands.TransactionID]
	return row != nil && row.Queue == stands.Queue && row.Position == stands.Position && row.RecordedAt.Equal(stands.RecordedAt)
}

func (d *doubts) settle(ids []string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, id := range ids {
		delete(d.rows, id)
	}
}
