package storetest

import (
	"cmp"
	"iter"
	"slices"
	"strings"
	"time"

	"recibo/payment"
	"recibo/store"
)

// page sorts what keep lets through and cuts one page out of it. The cursor
// names the list and the order, so that it fits no other.
func page[T any](all iter.Seq[T], list string, order store.Order, limit int, after string,
	key func(T) (time.Time, string), keep func(T) (T, bool)) (store.Page[T], error) {
	if order == store.ByID {
		byTime := key
		list, key = list+" by id", func(v T) (time.Time, string) { _, id := byTime(v); return time.Time{}, id }
	}
	compare := func(t time.Time, id string, u time.Time, other string) int {
		if order == store.ByID {
			return strings.Compare(id, other)
		}
		return cmp.Or(u.Compare(t), strings.Compare(other, id))
	}
	from, fromID, err := pageStart(list, after)
	if err != nil {
		return store.Page[T]{}, err
	}
	var items []T
	for v := range all {
		t, id := key(v)
		if after != "" && compare(t, id, from, fromID) <= 0 {
			continue
		}
		if kept, ok := keep(v); ok {
			items = append(items, kept)
		}
	}
	slices.SortFunc(items, func(a, b T) int {
		t, id := key(a)
		u, other := key(b)
		return compare(t, id, u, other)
	})
	if limit <= 0 || limit > store.MaxPage {
		limit = store.MaxPage
	}
	p := store.Page[T]{Items: items}
	if len(items) > limit {
		p.Items = items[:limit]
		t, id := key(items[limit-1])
		p.Next = store.EncodeCursor(list, t.UTC().Format(payment.TimeLayout), id)
	}
	return p, nil
}

func pageStart(list, after string) (time.Time, string, error) {
	parts, err := store.DecodeCursor(after, 3)
	if err != nil || parts == nil {
		return time.Time{}, "", err
	}
	t, err := time.Parse(payment.TimeLayout, parts[1])
	if err != nil || parts[0] != list {
		return time.Time{}, "", store.ErrBadCursor
	}
	return t, parts[2], nil
}
