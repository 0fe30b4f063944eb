package store

import (
	"strconv"
	"time"

	"recibo/payment"
)

// Place is where a page ended: the sort key of its last item.
type Place struct {
	Time time.Time
	ID   string
}

// List names what a page is cut from, so that the cursor of one list fits no
// other.
type List struct {
	Name  string
	Order Order
}

func (l List) key() string { return l.Name + "/" + strconv.Itoa(int(l.Order)) }

// Place reads a cursor of this list, nil for the empty one, or returns
// ErrBadCursor.
func (l List) Place(cursor string) (*Place, error) {
	parts, err := DecodeCursor(cursor, 3)
	if err != nil || parts == nil {
		return nil, err
	}
	when, err := time.Parse(payment.TimeLayout, parts[1])
	if err != nil || parts[0] != l.key() {
		return nil, ErrBadCursor
	}
	return &Place{when, parts[2]}, nil
}

// PageSize is how many items a page of limit holds: MaxPage at most, and by
// default.
func PageSize(limit int) int {
	if limit <= 0 || limit > MaxPage {
		return MaxPage
	}
	return limit
}

// Cut makes a page of items, of which one more than the page's size was asked
// for, to see whether there is a next one.
func Cut[T any](l List, items []T, limit int, place func(*T) Place) Page[T] {
	size := PageSize(limit)
	if len(items) <= size {
		return Page[T]{Items: items}
	}
	items = items[:size]
	end := place(&items[size-1])
	return Page[T]{Items: items, Next: EncodeCursor(l.key(), end.Time.UTC().Format(payment.TimeLayout), end.ID)}
}
