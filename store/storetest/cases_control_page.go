package storetest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/store"
)

var controlPageCases = []Case{
	{"pages of control totals have no gap and no repeat", on(checkControlPages)},
	{"each filter of control totals selects its own", on(checkControlFilters)},
	{"control totals have cursors of their own", on(checkControlCursor)},
}

func allControls(t testing.TB, s store.Store, q store.ControlQuery) []store.Control {
	t.Helper()
	key := func(c store.Control) (time.Time, string) { return c.Until, c.Window.ID() }
	return walk(t, key, q.Order, func(after string) (store.Page[store.Control], error) {
		q.After = after
		return store.ReadControls(s.Reader()).Controls(t.Context(), q)
	}, func() {})
}

func checkControlPages(t testing.TB, s store.Store) {
	var cs []store.Control
	for minute := range 60 {
		for _, producer := range []string{"p1", "p2", "p3", "p4", "p5"} {
			cs = append(cs, newControl(producer, minute/2)) // the same twice: written once
		}
	}
	sortControls(cs)
	cs = slices.CompactFunc(cs, func(a, b store.Control) bool { return a.Window == b.Window })
	control(t, s, cs...)
	for _, order := range []store.Order{store.NewestFirst, store.ByID} {
		for _, limit := range []int{0, 1, 7, 150} {
			if got := len(allControls(t, s, store.ControlQuery{Order: order, Limit: limit})); got != 150 {
				t.Errorf("order %d, limit %d: %d control totals, want 150", order, limit, got)
			}
		}
		first := controlPage(t, s, store.ControlQuery{Order: order, Limit: 7})
		if len(first.Items) != 7 || first.Next == "" {
			t.Errorf("order %d: the first page holds %d, next %q", order, len(first.Items), first.Next)
		}
	}
}

func checkControlFilters(t testing.TB, s store.Store) {
	var cs []store.Control
	for i, source := range []string{"app", "App", "app ", "", "shop"} {
		c := newControl(string("abcde"[i]), i)
		c.Source = source
		cs = append(cs, c)
	}
	control(t, s, slices.Clone(cs)...)
	id := func(i int) string { return cs[i].Window.ID() }
	for name, c := range map[string]struct {
		q    store.ControlQuery
		want string
	}{
		"nothing":             {store.ControlQuery{}, "abcde"},
		"ids":                 {store.ControlQuery{IDs: []string{id(3), id(0), "none"}}, "ad"},
		"no such id":          {store.ControlQuery{IDs: []string{"none"}}, ""},
		"source":              {store.ControlQuery{Source: new("app")}, "a"},
		"without a source":    {store.ControlQuery{Source: new("")}, "d"},
		"source of nobody":    {store.ControlQuery{Source: new("APP")}, ""},
		"ends at since":       {store.ControlQuery{Since: cs[1].Until}, "cde"},
		"ends after since":    {store.ControlQuery{Since: cs[1].Until.Add(-time.Millisecond)}, "bcde"},
		"begins at until":     {store.ControlQuery{Until: cs[3].From}, "abc"},
		"begins before until": {store.ControlQuery{Until: cs[3].From.Add(time.Millisecond)}, "abcd"},
		"overlaps":            {store.ControlQuery{Since: cs[2].From.Add(time.Millisecond), Until: cs[2].From.Add(2 * time.Millisecond)}, "c"},
		"all at once":         {store.ControlQuery{IDs: []string{id(0), id(3)}, Source: new(""), Since: start, Until: at(time.Hour)}, "d"},
	} {
		for _, order := range []store.Order{store.NewestFirst, store.ByID} {
			for _, limit := range []int{0, 1} {
				c.q.Order, c.q.Limit = order, limit
				var names []string
				for _, got := range allControls(t, s, c.q) {
					names = append(names, got.Producer)
				}
				slices.Sort(names)
				if got := strings.Join(names, ""); got != c.want {
					t.Errorf("%s, order %d, limit %d: %q, want %q", name, order, limit, got, c.want)
				}
			}
		}
	}
}

func checkControlCursor(t testing.TB, s store.Store) {
	control(t, s, newControl("p1", 0), newControl("p1", 1))
	record(t, s, newPayment("a", 1), newPayment("b", 2))
	byEnd := controlPage(t, s, store.ControlQuery{Limit: 1}).Next
	byID := controlPage(t, s, store.ControlQuery{Limit: 1, Order: store.ByID}).Next
	payments, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Limit: 1})
	if err != nil || byEnd == "" || byID == "" || payments.Next == "" {
		t.Fatalf("cursors %q, %q, %q, error %v", byEnd, byID, payments.Next, err)
	}
	for _, bad := range []string{"x", store.EncodeCursor("a"), byID, payments.Next} {
		if _, err := store.ReadControls(s.Reader()).Controls(t.Context(), store.ControlQuery{After: bad}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("control totals after %q: %v, want ErrBadCursor", bad, err)
		}
	}
	if _, err := store.ReadControls(s.Reader()).Controls(t.Context(), store.ControlQuery{After: byEnd, Order: store.ByID}); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("a cursor of the other order: %v, want ErrBadCursor", err)
	}
}
