package sqlite

import (
	"context"
	"database/sql"
	"strconv"
	"strings"
	"time"

	"recibo/store"
)

// where is a conjunction of conditions.
type where struct {
	conditions []string
	args       []any
}

func (w *where) add(condition string, args ...any) {
	w.conditions = append(w.conditions, condition)
	w.args = append(w.args, args...)
}

// in restricts a column to values; none restrict nothing. Of one value an index
// gives what follows it in order.
func (w *where) in(column string, values []string) {
	switch len(values) {
	case 0:
	case 1:
		w.add(column+" = ?", values[0])
	default:
		w.add(column+" IN (SELECT value FROM json_each(?))", jsonText(values))
	}
}

func (w *where) since(column string, t time.Time) {
	if !t.IsZero() {
		w.add(column+" >= ?", timeText(t))
	}
}

func (w *where) until(column string, t time.Time) {
	if !t.IsZero() {
		w.add(column+" < ?", timeText(t))
	}
}

func (w *where) String() string {
	if len(w.conditions) == 0 {
		return ""
	}
	return " WHERE " + strings.Join(w.conditions, " AND ")
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

// list says what a page is cut from. Both of its orders have an index.
type list struct {
	table, time, id, columns string
	order                    store.Order
	limit                    int
	after                    string
}

// read reads one page. place gives the time and id by which items are sorted.
func read[T any](ctx context.Context, r reader, l list, w where, scan func(*sql.Rows) (T, error), place func(*T) store.Place) (store.Page[T], error) {
	of := store.List{Name: l.table, Order: l.order}
	after, err := of.Place(l.after)
	if err != nil {
		return store.Page[T]{}, err
	}
	order := l.time + " DESC, " + l.id + " DESC"
	if l.order == store.ByID {
		order = l.id
	}
	switch {
	case after == nil:
	case l.order == store.ByID:
		w.add(l.id+" > ?", after.ID)
	default:
		w.add("("+l.time+", "+l.id+") < (?, ?)", timeText(after.Time), after.ID)
	}
	query := "SELECT " + l.columns + " FROM " + l.table + w.String() + " ORDER BY " + order + " LIMIT " + strconv.Itoa(store.PageSize(l.limit)+1)
	items, err := ask(ctx, r, "read "+l.table, query, w.args, scan)
	if err != nil {
		return store.Page[T]{}, err
	}
	return store.Cut(of, items, l.limit, place), nil
}
