package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"recibo/store"
)

// where is a conjunction of conditions.
type where struct {
	conditions []string
	args       []any
}

// add takes a condition in which each ? stands for the next of args.
func (w *where) add(condition string, args ...any) {
	var b strings.Builder
	for _, arg := range args {
		before, after, _ := strings.Cut(condition, "?")
		w.args = append(w.args, arg)
		b.WriteString(before + "$" + strconv.Itoa(len(w.args)))
		condition = after
	}
	w.conditions = append(w.conditions, b.String()+condition)
}

// in restricts a column to values; none restrict nothing.
func (w *where) in(column string, values []string) {
	if len(values) > 0 {
		w.add(column+" = ANY (?::text[])", values)
	}
}

func (w *where) since(column string, t time.Time) {
	if !t.IsZero() {
		w.add(column+" >= ?", t)
	}
}

func (w *where) until(column string, t time.Time) {
	if !t.IsZero() {
		w.add(column+" < ?", t)
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
	store.List
	time, id, columns string
}

// read reads one page. place gives the time and id by which items are sorted.
func read[T any](ctx context.Context, r reader, l list, w where, limit int, after string, scan pgx.RowToFunc[T], place func(*T) store.Place) (store.Page[T], error) {
	end, err := l.Place(after)
	if err != nil {
		return store.Page[T]{}, err
	}
	sql := "SELECT " + l.columns + " FROM " + l.Name + w.after(l, end) + l.inOrder() + " LIMIT " + strconv.Itoa(store.PageSize(limit)+1)
	items, err := ask(ctx, r, "read "+l.Name, sql, w.args, scan)
	if err != nil {
		return store.Page[T]{}, err
	}
	return store.Cut(l.List, items, limit, place), nil
}

// after is the whole condition, restricted to what comes after end.
func (w *where) after(l list, end *store.Place) string {
	switch {
	case end == nil:
	case l.Order == store.ByID:
		w.add(l.id+" > ?", end.ID)
	default:
		w.add("("+l.time+", "+l.id+") < (?, ?)", end.Time, end.ID)
	}
	return w.String()
}

func (l list) inOrder() string {
	if l.Order == store.ByID {
		return " ORDER BY " + l.id
	}
	return " ORDER BY " + l.time + " DESC, " + l.id + " DESC"
}
