package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

var pageCases = []Case{
	{"pages of payments have no gap and no repeat", on(checkPaymentPages)},
	{"pages of entries have no gap and no repeat", on(checkEntryPages)},
	{"pages are bounded", on(checkPageBounds)},
	{"a cursor that the list did not make is refused", on(checkBadCursor)},
}

const many = 2500 // rows: three pages of the largest size

// manyPayments share times, and their ids are in another order than these.
func manyPayments() []store.Payment {
	ps := make([]store.Payment, many)
	for i := range ps {
		e := newPayment(fmt.Sprintf("%c-%04d", "zAbYcX"[i%6], (i*7919)%many), int64(i+1)).Event
		e.OccurredAt = at(time.Duration(i/10) * time.Millisecond)
		ps[i] = paymentOf(e)
	}
	return ps
}

// walk reads all pages and calls between after each. It fails on a repeat or
// on a wrong order.
func walk[T any](t testing.TB, key func(T) (time.Time, string), order store.Order,
	read func(after string) (store.Page[T], error), between func()) []T {
	t.Helper()
	var all []T
	for after := ""; ; {
		p, err := read(after)
		if err != nil {
			t.Fatalf("page after %d rows: %v", len(all), err)
		}
		all = append(all, p.Items...)
		if p.Next == "" {
			break
		}
		if after = p.Next; len(p.Items) == 0 {
			t.Fatal("an empty page that is not the last")
		}
		between()
	}
	for i := 1; i < len(all); i++ {
		before, id := key(all[i-1])
		later, other := key(all[i])
		inOrder := cmp.Or(before.Compare(later), strings.Compare(id, other)) > 0
		if order == store.ByID {
			inOrder = id < other
		}
		if !inOrder {
			t.Fatalf("row %d: %s %s comes after %s %s", i, later, other, before, id)
		}
	}
	return all
}

func checkPaymentPages(t testing.TB, s store.Store) {
	ps := manyPayments()
	for i := 0; i < len(ps); i += 500 {
		record(t, s, ps[i:i+500]...)
	}
	written := map[string]bool{}
	for _, p := range ps {
		written[p.TransactionID] = true
	}
	key := func(p store.Payment) (time.Time, string) { return p.OccurredAt, p.TransactionID }
	extra := 0
	for _, order := range []store.Order{store.NewestFirst, store.ByID} {
		for _, limit := range []int{0, 333} {
			read := func(after string) (store.Page[store.Payment], error) {
				return s.Reader().Payments(t.Context(), store.PaymentQuery{Order: order, Limit: limit, After: after})
			}
			between := func() {
				var late []store.Payment
				for _, first := range "0Mz" {
					extra++
					e := newPayment(fmt.Sprintf("%c late %d", first, extra), 1).Event
					e.OccurredAt = at(time.Duration(extra%3-1) * time.Hour)
					e.TransactionID = strings.ReplaceAll(e.TransactionID, " ", "-")
					late = append(late, paymentOf(e))
				}
				record(t, s, late...)
			}
			found := 0
			for _, p := range walk(t, key, order, read, between) {
				if written[p.TransactionID] {
					found++
				}
			}
			if found != many {
				t.Errorf("order %d, limit %d: %d of %d payments were listed", order, limit, found, many)
			}
		}
	}
}

func allEntries(t testing.TB, s store.Store, q store.EntryQuery) []quarantine.Entry {
	t.Helper()
	key := func(e quarantine.Entry) (time.Time, string) { return e.FirstSeenAt, e.ID }
	return walk(t, key, q.Order, func(after string) (store.Page[quarantine.Entry], error) {
		q.After = after
		return s.Reader().Entries(t.Context(), q)
	}, func() {})
}

func checkEntryPages(t testing.TB, s store.Store) {
	var es []quarantine.Entry
	var some []string // to be read one by one
	for i := range 700 {
		es = append(es, newEntry(quarantine.Invalid, fmt.Sprintf("body %d", i), at(time.Duration(i/5)*time.Second)))
		if i < 20 {
			some = append(some, es[i].ID)
		}
	}
	hold(t, s, es...)
	for _, order := range []store.Order{store.NewestFirst, store.ByID} {
		for _, c := range []struct {
			limit int
			ids   []string
			want  int
		}{{0, nil, 700}, {99, nil, 700}, {1, some, 20}} {
			q := store.EntryQuery{Order: order, Limit: c.limit, IDs: c.ids, WithoutBody: true}
			if got := len(allEntries(t, s, q)); got != c.want {
				t.Errorf("order %d, limit %d: %d entries, want %d", order, c.limit, got, c.want)
			}
		}
	}
}

func checkPageBounds(t testing.TB, s store.Store) {
	record(t, s, manyPayments()[:1100]...)
	for limit, want := range map[int]int{-1: store.MaxPage, 0: store.MaxPage, 1: 1, 999: 999, store.MaxPage: store.MaxPage, store.MaxPage + 1: store.MaxPage} {
		p, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Limit: limit})
		if err != nil || len(p.Items) != want || p.Next == "" {
			t.Errorf("limit %d: %d rows, next %q, error %v; want %d", limit, len(p.Items), p.Next, err, want)
		}
	}
	exact, err := s.Reader().Payments(t.Context(), store.PaymentQuery{Limit: 10, IDs: idsOf(manyPayments()[:10])})
	if err != nil || len(exact.Items) != 10 || exact.Next != "" {
		t.Errorf("a page that is just full: %d rows, next %q, error %v", len(exact.Items), exact.Next, err)
	}
}

func idsOf(ps []store.Payment) []string {
	ids := make([]string, len(ps))
	for i, p := range ps {
		ids[i] = p.TransactionID
	}
	return ids
}

func checkBadCursor(t testing.TB, s store.Store) {
	record(t, s, newPayment("a", 1), newPayment("b", 2))
	hold(t, s, newEntry(quarantine.Invalid, "a", start), newEntry(quarantine.Invalid, "b", start))
	r, ctx := s.Reader(), t.Context()
	newest, err := r.Payments(ctx, store.PaymentQuery{Limit: 1})
	if err != nil || newest.Next == "" {
		t.Fatalf("next %q, error %v", newest.Next, err)
	}
	byID, err := r.Payments(ctx, store.PaymentQuery{Limit: 1, Order: store.ByID})
	if err != nil || byID.Next == "" {
		t.Fatalf("next %q, error %v", byID.Next, err)
	}
	entries, err := r.Entries(ctx, store.EntryQuery{Limit: 1})
	if err != nil || entries.Next == "" {
		t.Fatalf("next %q, error %v", entries.Next, err)
	}
	for _, bad := range []string{"x", "!!!", "W10", store.EncodeCursor("a"), store.EncodeCursor("not a time", "a"), byID.Next, entries.Next} {
		if _, err := r.Payments(ctx, store.PaymentQuery{After: bad}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("payments after %q: %v, want ErrBadCursor", bad, err)
		}
	}
	if _, err := r.Payments(ctx, store.PaymentQuery{After: newest.Next, Order: store.ByID}); !errors.Is(err, store.ErrBadCursor) {
		t.Errorf("a cursor of the other order: %v, want ErrBadCursor", err)
	}
	for _, bad := range []string{"x", newest.Next} {
		if _, err := r.Entries(ctx, store.EntryQuery{After: bad}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("entries after %q: %v, want ErrBadCursor", bad, err)
		}
		if _, err := r.Outages(ctx, store.OutageQuery{After: bad}); !errors.Is(err, store.ErrBadCursor) {
			t.Errorf("outages after %q: %v, want ErrBadCursor", bad, err)
		}
	}
}
