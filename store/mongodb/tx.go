package mongodb

import (
	"context"
	"fmt"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/store"
)

// tx is one open transaction, or what stands for one on a server that has none:
// then everything is written after the function, and the claim last.
type tx struct {
	store     *Store
	session   *session // nil on a server without transactions
	writer    string   // who claimed: a writer, or a redrive
	began     time.Time
	begun     bool  // the server answered: it is in a transaction
	looked    bool  // all collections are there
	failed    error // the first error of the database: nothing may be committed
	conflict  bool  // with another transaction
	committed bool
	recorded  map[string]*store.Payment
	controls  map[string]*store.Control // by the ids of their windows
	standing  map[string]*standing      // entries that were looked at, as they stand now
	plain     plain
}

var (
	_ store.ControlTx = (*tx)(nil)
	_ store.DeskTx    = (*tx)(nil)
)

// collection is one of the store's, with all its settings.
func (t *tx) collection(name string) *mongo.Collection { return t.store.db.Collection(name) }

// do runs something on the server, in the transaction if there is one.
func (t *tx) do(ctx context.Context, op string, at step, run func(context.Context) error) error {
	if t.failed != nil {
		return t.failed
	}
	inside := ctx
	if t.session != nil {
		inside = mongo.NewSessionContext(ctx, t.session.Session)
	}
	err := run(inside)
	if err != nil && t.isStale(ctx, err) {
		if err = t.restart(); err == nil {
			err = run(inside)
		}
	}
	if err != nil {
		return t.fail(ctx, op, err, at)
	}
	t.begun = true
	return nil
}

// defaultSlowAfter tells a transaction that the server ended because it took too
// long, a minute if nobody has set it otherwise, from one that it lost for
// another reason.
const defaultSlowAfter = 20 * time.Second

func (t *tx) fail(ctx context.Context, op string, err error, at step) error {
	t.conflict = isConflict(err)
	t.failed = classify(ctx, op, err, at)
	if codeOf(err) == codeNoTransaction && time.Since(t.began) > t.store.slowAfter {
		t.failed = &store.Error{Class: store.ClassTooSlow, Op: op, Err: shorten(err)}
	}
	return t.failed
}

// look makes sure that the collections are there. A transaction that writes to
// one that is not makes it, without validator and indexes: after an accident
// somebody would have two halves. One that the transaction has read of, as of
// payments by now, nobody can drop before its end.
func (t *tx) look(ctx context.Context) error {
	if t.failed != nil || t.looked {
		return t.failed
	}
	names, err := t.store.collections(ctx)
	if err != nil {
		return t.fail(ctx, "look for the collections", err, inGeneral)
	}
	for _, name := range collectionNames {
		if t.failed = missing(names, name); t.failed != nil {
			return t.failed
		}
	}
	t.looked = true
	return nil
}

// missing is an outage if a collection is not among those that are there.
func missing(names []string, name string) error {
	if slices.Contains(names, name) {
		return nil
	}
	return &store.Error{Class: store.ClassOutage, Op: "look for the collections", Err: fmt.Errorf("collection %s is missing", name)}
}

// find reads documents of a collection.
func find[T any](ctx context.Context, t *tx, op, collection string, filter any, o *options.FindOptionsBuilder) (all []T, err error) {
	err = t.do(ctx, op, inGeneral, func(ctx context.Context) error {
		cursor, err := t.collection(collection).Find(ctx, filter, o)
		if err != nil {
			return err
		}
		all = nil
		return cursor.All(ctx, &all)
	})
	return all, err
}

// insert adds documents, all of them or, with an error, none that will stand.
func (t *tx) insert(ctx context.Context, op string, at step, collection string, documents []any) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.session == nil {
		t.plain.later(func(ctx context.Context) error { return t.insertPlain(ctx, op, at, collection, documents) })
		return nil
	}
	return t.do(ctx, op, at, func(ctx context.Context) error {
		_, err := t.collection(collection).InsertMany(ctx, documents)
		return err
	})
}

// take takes the next number of a document that others may take too: at once,
// or on a server without transactions when all else is written.
func (t *tx) take(ctx context.Context, op string, number func(context.Context) (bool, error)) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.session == nil {
		t.plain.takeLast(t, op, number)
		return nil
	}
	taken := false
	err := t.do(ctx, op, inGeneral, func(ctx context.Context) (err error) {
		taken, err = number(ctx)
		return err
	})
	if err == nil && !taken {
		return t.meanwhile(op)
	}
	return err
}

// change updates documents, each of which must be found.
func (t *tx) change(ctx context.Context, op, collection string, models []mongo.WriteModel) error {
	if err := t.look(ctx); err != nil {
		return err
	}
	if t.session == nil {
		t.plain.later(func(ctx context.Context) error { return t.changePlain(ctx, op, collection, models) })
		return nil
	}
	return t.do(ctx, op, inGeneral, func(ctx context.Context) error {
		_, err := t.collection(collection).BulkWrite(ctx, models)
		return err
	})
}

func byID(ids []string) bson.D {
	return bson.D{{Key: "_id", Value: bson.D{{Key: "$in", Value: ids}}}}
}
