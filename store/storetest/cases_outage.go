package storetest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"recibo/store"
)

var outageCases = []Case{
	{"an outage comes back as it was written", on(checkOutage)},
	{"an outage written again replaces itself", on(checkOutageReplaced)},
	{"outages come the latest first", on(checkOutagePages)},
	{"only open outages on request", on(checkOpenOnly)},
}

func outage(id string, began time.Duration) store.Outage {
	return store.Outage{ID: id, Recorder: "r1", Component: store.StoreComponent, Target: "sqlite:./x.db",
		BeganAt: at(began), SeenAt: at(began + time.Second), Attempts: 1, LastError: "no route to \"host\""}
}

func writeOutage(t testing.TB, s store.Store, os ...store.Outage) {
	t.Helper()
	for _, o := range os {
		update(t, s, func(ctx context.Context, tx store.Tx) error { return tx.Outage(ctx, o) })
	}
}

func readOutages(t testing.TB, s store.Store, q store.OutageQuery) store.Page[store.Outage] {
	t.Helper()
	p, err := s.Reader().Outages(t.Context(), q)
	if err != nil {
		t.Fatalf("outages: %v", err)
	}
	return p
}

func checkOutage(t testing.TB, s store.Store) {
	open := outage("o1", time.Hour)
	closed := outage("o2", 0)
	closed.Component, closed.EndedAt, closed.ClosedBy, closed.Attempts = store.QueueComponent, at(time.Minute), "r2", 99
	writeOutage(t, s, open, closed)
	same(t, "outages", []store.Outage{open, closed}, readOutages(t, s, store.OutageQuery{}).Items)
}

func checkOutageReplaced(t testing.TB, s store.Store) {
	o := outage("o1", 0)
	writeOutage(t, s, o, outage("o2", -time.Hour))
	o.Attempts, o.SeenAt, o.EndedAt, o.LastError = 5, at(time.Hour), at(time.Hour), "other words"
	writeOutage(t, s, o, o)
	same(t, "the outage", o, readOutages(t, s, store.OutageQuery{}).Items[0])
	if got := totals(t, s); got.Outages != 2 || got.OutagesOpen != 1 {
		t.Errorf("%d outages, %d open; want 2, 1", got.Outages, got.OutagesOpen)
	}
}

func checkOutagePages(t testing.TB, s store.Store) {
	for i := range 25 {
		writeOutage(t, s, outage(fmt.Sprintf("o%02d", i), time.Duration(i/2)*time.Minute))
	}
	want := 24
	q := store.OutageQuery{Limit: 7}
	for {
		p := readOutages(t, s, q)
		for _, o := range p.Items {
			if o.ID != fmt.Sprintf("o%02d", want) {
				t.Fatalf("got %s, want o%02d", o.ID, want)
			}
			want--
		}
		if p.Next == "" {
			break
		}
		q.After = p.Next
	}
	if want != -1 {
		t.Errorf("%d outages were not listed", want+1)
	}
}

func checkOpenOnly(t testing.TB, s store.Store) {
	for i := range 10 {
		o := outage(fmt.Sprintf("o%d", i), time.Duration(i)*time.Minute)
		if i%3 != 0 {
			o.EndedAt = at(time.Hour)
		}
		writeOutage(t, s, o)
	}
	p := readOutages(t, s, store.OutageQuery{OpenOnly: true})
	if len(p.Items) != 4 {
		t.Errorf("%d open outages, want 4", len(p.Items))
	}
	for _, o := range p.Items {
		if !o.EndedAt.IsZero() {
			t.Errorf("%s has ended", o.ID)
		}
	}
}
