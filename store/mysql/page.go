package mysql

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"
	"unicode/utf8"

	"recibo/store"
)

// where is a conjunction of conditions.
type where struct{ statement }

// and begins a condition.
func (w *where) and() {
	if len(w.statement) == 0 {
		w.sql(" WHERE ")
	} else {
		w.sql(" AND ")
	}
}

// in restricts a column to values; none restrict nothing.
func (w *where) in(column string, values []string) {
	if len(values) > 0 {
		w.and()
		w.sql(column + " IN ")
		w.texts(values)
	}
}

// inASCII is in for a column that holds nothing but ASCII, which the server
// refuses to compare with anything else.
func (w *where) inASCII(column string, values []string) {
	if len(values) == 0 {
		return
	}
	able := slices.DeleteFunc(slices.Clone(values), func(v string) bool { return !isASCII(v) })
	if len(able) == 0 {
		w.and()
		w.sql("FALSE")
		return
	}
	w.in(column, able)
}

func isASCII(v string) bool {
	for i := range len(v) {
		if v[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// exactly restricts a column to a text, byte for byte: when texts are compared
// as such, blanks at the end do not count.
func (w *where) exactly(column, value string) {
	w.sql("CAST(" + column + " AS BINARY) = ")
	w.bytes([]byte(value))
}

func (w *where) since(column string, t time.Time) {
	if !t.IsZero() {
		w.and()
		w.sql(column + " >= ")
		w.time(t)
	}
}

func (w *where) until(column string, t time.Time) {
	if !t.IsZero() {
		w.and()
		w.sql(column + " < ")
		w.time(t)
	}
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
func read[T any](ctx context.Context, r reader, l list, w where, limit int, after string, scan func(*sql.Rows) (T, error), place func(*T) store.Place) (store.Page[T], error) {
	end, err := l.Place(after)
	if err == nil && end != nil && l.Name != "outages" && !isASCII(end.ID) {
		err = store.ErrBadCursor // no id of ours
	}
	if err != nil {
		return store.Page[T]{}, err
	}
	w.after(l, end)
	text := "SELECT " + l.columns + " FROM " + l.Name + string(w.statement) + l.inOrder() + " LIMIT " + strconv.Itoa(store.PageSize(limit)+1)
	items, err := ask(ctx, r, "read "+l.Name, text, scan)
	if err != nil {
		return store.Page[T]{}, err
	}
	return store.Cut(l.List, items, limit, place), nil
}

// after restricts to what comes after end. A pair is not compared as such,
// since neither server uses an index for that.
func (w *where) after(l list, end *store.Place) {
	if end == nil {
		return
	}
	w.and()
	if l.Order == store.ByID {
		w.sql(l.id + " > ")
		w.text(end.ID)
		return
	}
	w.sql(l.time + " <= ")
	w.time(end.Time)
	w.sql(" AND (" + l.time + " < ")
	w.time(end.Time)
	w.sql(" OR " + l.id + " < ")
	w.text(end.ID)
	w.sql(")")
}

func (l list) inOrder() string {
	if l.Order == store.ByID {
		return " ORDER BY " + l.id
	}
	return " ORDER BY " + l.time + " DESC, " + l.id + " DESC"
}
