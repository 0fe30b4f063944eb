package store_test

import (
	"errors"
	"testing"
	"time"

	"recibo/store"
)

func placeOf(n *int) store.Place {
	return store.Place{Time: time.UnixMilli(int64(*n)).UTC(), ID: "x"}
}

func TestCut(t *testing.T) {
	l := store.List{Name: "things", Order: store.NewestFirst}
	for _, c := range []struct{ items, limit, want int }{
		{0, 3, 0}, {2, 3, 2}, {3, 3, 3}, {4, 3, 3}, {store.MaxPage + 1, 0, store.MaxPage}, {store.MaxPage + 1, store.MaxPage + 7, store.MaxPage},
	} {
		items := make([]int, c.items)
		for i := range items {
			items[i] = i
		}
		p := store.Cut(l, items, c.limit, placeOf)
		if len(p.Items) != c.want || (p.Next != "") != (c.items > c.want) {
			t.Errorf("%d items cut to %d: %d, next %q", c.items, c.limit, len(p.Items), p.Next)
		}
		end, err := l.Place(p.Next)
		if err != nil || (end == nil) != (p.Next == "") || (end != nil && *end != placeOf(&p.Items[c.want-1])) {
			t.Errorf("%d items cut to %d: the cursor is of %v, error %v", c.items, c.limit, end, err)
		}
	}
}

func TestCursorFitsOneList(t *testing.T) {
	items := []int{1, 2}
	next := store.Cut(store.List{Name: "things"}, items, 1, placeOf).Next
	for _, other := range []store.List{{Name: "things", Order: store.ByID}, {Name: "others"}} {
		if _, err := other.Place(next); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("%+v takes the cursor of another list: %v", other, err)
		}
	}
	if _, err := (store.List{Name: "things"}).Place(store.EncodeCursor("things/0", "yesterday", "x")); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("a cursor without a time: %v", err)
	}
}
