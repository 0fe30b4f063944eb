package postgres

import (
	"context"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"recibo/payment"
	"recibo/store"
)

func timeText(t time.Time) string { return t.UTC().Format(payment.TimeLayout) }

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
	table, time, id, columns string
	order                    store.Order
	limit                    int
	after                    string
}

// name stands in cursors, so that the cursor of one list fits no other.
func (l *list) name() string { return l.table + "/" + strconv.Itoa(int(l.order)) }

// read reads one page. key gives the time and id by which items are sorted.
func read[T any](ctx context.Context, r reader, l list, w where, scan pgx.RowToFunc[T], key func(*T) (string, string)) (store.Page[T], error) {
	if err := l.start(&w); err != nil {
		return store.Page[T]{}, err
	}
	limit := l.limit
	if limit <= 0 || limit > store.MaxPage {
		limit = store.MaxPage
	}
	order := l.time + " DESC, " + l.id + " DESC"
	if l.order == store.ByID {
		order = l.id
	}
	// One more than wanted tells whether there is a next page.
	query := "SELECT " + l.columns + " FROM " + l.table + w.String() + " ORDER BY " + order + " LIMIT " + strconv.Itoa(limit+1)
	items, err := ask(ctx, r, "read "+l.table, query, w.args, scan)
	if err != nil || len(items) <= limit {
		return store.Page[T]{Items: items}, err
	}
	items = items[:limit]
	when, id := key(&items[limit-1])
	return store.Page[T]{Items: items, Next: store.EncodeCursor(l.name(), when, id)}, nil
}

// start restricts w to what comes after the cursor.
func (l *list) start(w *where) error {
	parts, err := store.DecodeCursor(l.after, 3)
	if err != nil || parts == nil {
		return err
	}
	when, err := time.Parse(payment.TimeLayout, parts[1])
	if err != nil || parts[0] != l.name() {
		return store.ErrBadCursor
	}
	if l.order == store.ByID {
		w.add(l.id+" > ?", parts[2])
		return nil
	}
	w.add("("+l.time+", "+l.id+") < (?, ?)", when, parts[2])
	return nil
}
