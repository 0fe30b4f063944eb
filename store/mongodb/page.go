package mongodb

import (
	"context"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"

	"recibo/store"
)

// where is a conjunction of conditions.
type where bson.A

// is restricts a field by an operator of the query language.
func (w *where) is(field, operator string, value any) {
	*w = append(*w, bson.D{{Key: field, Value: bson.D{{Key: operator, Value: value}}}})
}

// in restricts a field to values; none restrict nothing.
func in[T ~string](w *where, field string, values []T) {
	if len(values) > 0 {
		w.is(field, "$in", values)
	}
}

func (w *where) either(conditions ...bson.D) {
	*w = append(*w, bson.D{{Key: "$or", Value: conditions}})
}

func (w *where) within(field string, since, until time.Time) {
	if !since.IsZero() {
		w.is(field, "$gte", since)
	}
	if !until.IsZero() {
		w.is(field, "$lt", until)
	}
}

func (w where) filter() bson.D {
	if len(w) == 0 {
		return bson.D{}
	}
	return bson.D{{Key: "$and", Value: bson.A(w)}}
}

// list says what a page is cut from. Both of its orders have an index.
type list struct {
	store.List
	time   string // the field by which it is sorted
	hidden bson.D // fields to leave out
}

// read reads one page. place gives the time and id by which items are sorted.
func read[R, T any](ctx context.Context, r reader, l list, w where, limit int, after string,
	item func(*R) (T, error), place func(*T) store.Place) (store.Page[T], error) {
	end, err := l.Place(after)
	if err != nil {
		return store.Page[T]{}, err
	}
	w.after(l, end)
	size := store.PageSize(limit) + 1
	o := options.Find().SetSort(l.inOrder()).SetLimit(int64(size)).SetBatchSize(int32(size))
	if l.hidden != nil {
		o.SetProjection(l.hidden)
	}
	items, err := ask(ctx, r, l.Name, w.filter(), o, item)
	if err != nil {
		return store.Page[T]{}, err
	}
	return store.Cut(l.List, items, limit, place), nil
}

// after restricts to what comes after end.
func (w *where) after(l list, end *store.Place) {
	switch {
	case end == nil:
	case l.Order == store.ByID:
		w.is("_id", "$gt", end.ID)
	default:
		w.is(l.time, "$lte", end.Time)
		w.either(bson.D{{Key: l.time, Value: bson.D{{Key: "$lt", Value: end.Time}}}},
			bson.D{{Key: l.time, Value: end.Time}, {Key: "_id", Value: bson.D{{Key: "$lt", Value: end.ID}}}})
	}
}

func (l list) inOrder() bson.D {
	if l.Order == store.ByID {
		return bson.D{{Key: "_id", Value: 1}}
	}
	return bson.D{{Key: l.time, Value: -1}, {Key: "_id", Value: -1}}
}
