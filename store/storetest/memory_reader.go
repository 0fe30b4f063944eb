package storetest

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

type memoryReader struct{ m *Memory }

func (r memoryReader) Totals(context.Context) (store.Totals, error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	t := store.Totals{
		Amount:      map[payment.Currency]payment.Total{},
		Quarantined: map[quarantine.Reason]int64{},
		States:      map[quarantine.State]int64{},
		HeldBy:      map[quarantine.Reason]int64{},
	}
	for _, l := range r.m.data.tally {
		switch l.Fate {
		case store.FateRecorded:
			t.Recorded += l.Count
			t.Amount[l.Currency] = t.Amount[l.Currency].Plus(l.Amount)
		case store.FateDuplicate:
			t.Duplicates += l.Count
		case store.FateControl:
			t.Controls += l.Count
		case store.FateQuarantined:
			t.Quarantined[l.Reason] += l.Count
		}
	}
	for _, e := range r.m.data.entries {
		t.States[e.State]++
		if e.State == quarantine.Held {
			t.HeldBy[e.Reason]++
		}
	}
	for _, o := range r.m.data.outages {
		t.Outages++
		if o.EndedAt.IsZero() {
			t.OutagesOpen++
		}
	}
	return t, nil
}

func (r memoryReader) Payments(_ context.Context, q store.PaymentQuery) (store.Page[store.Payment], error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	key := func(p store.Payment) (time.Time, string) { return p.OccurredAt, p.TransactionID }
	return page(maps.Values(r.m.data.payments), "payments", q.Order, q.Limit, q.After, key, func(p store.Payment) (store.Payment, bool) {
		return clonePayment(p), matchPayment(&p, &q)
	})
}

func matchPayment(p *store.Payment, q *store.PaymentQuery) bool {
	return (len(q.IDs) == 0 || slices.Contains(q.IDs, p.TransactionID)) &&
		within(p.OccurredAt, q.Since, q.Until) &&
		(q.Account == "" || q.Account == p.PayerAccount || q.Account == p.PayeeAccount) &&
		(q.Source == "" || q.Source == p.Source) &&
		(q.Min == nil || q.Min.Currency == p.Amount.Currency && p.Amount.Minor >= q.Min.Minor) &&
		(q.Max == nil || q.Max.Currency == p.Amount.Currency && p.Amount.Minor <= q.Max.Minor)
}

func (r memoryReader) Entries(_ context.Context, q store.EntryQuery) (store.Page[quarantine.Entry], error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	key := func(e quarantine.Entry) (time.Time, string) { return e.FirstSeenAt, e.ID }
	return page(maps.Values(r.m.data.entries), "entries", q.Order, q.Limit, q.After, key, func(e quarantine.Entry) (quarantine.Entry, bool) {
		if !matchEntry(&e, &q) {
			return e, false
		}
		if q.WithoutBody {
			e.Body = nil
		}
		e = cloneEntry(e)
		if q.WithoutBody {
			e.Body = nil // a clone's is not nil
		}
		return e, true
	})
}

func matchEntry(e *quarantine.Entry, q *store.EntryQuery) bool {
	return (len(q.IDs) == 0 || slices.Contains(q.IDs, e.ID)) &&
		(len(q.TransactionIDs) == 0 || slices.Contains(q.TransactionIDs, e.TransactionID)) &&
		(len(q.Reasons) == 0 || slices.Contains(q.Reasons, e.Reason)) &&
		(len(q.States) == 0 || slices.Contains(q.States, e.State)) &&
		within(e.LastSeenAt, q.Since, q.Until) &&
		(q.SeenBefore.IsZero() || e.FirstSeenAt.Before(q.SeenBefore)) &&
		(q.RedriveID == "" || q.RedriveID == e.RedriveID) &&
		(q.Field == "" || slices.ContainsFunc(e.FieldErrors, func(f quarantine.FieldError) bool { return f.Field == q.Field }))
}

func within(t, since, until time.Time) bool {
	return (since.IsZero() || !t.Before(since)) && (until.IsZero() || t.Before(until))
}

func (r memoryReader) History(_ context.Context, entryID string) ([]quarantine.HistoryLine, error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	var lines []quarantine.HistoryLine
	for _, l := range r.m.data.history {
		if l.EntryID == entryID {
			lines = append(lines, l)
		}
	}
	return lines, nil
}

func (r memoryReader) Outages(_ context.Context, q store.OutageQuery) (store.Page[store.Outage], error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	key := func(o store.Outage) (time.Time, string) { return o.BeganAt, o.ID }
	return page(maps.Values(r.m.data.outages), "outages", store.NewestFirst, q.Limit, q.After, key, func(o store.Outage) (store.Outage, bool) {
		return o, !q.OpenOnly || o.EndedAt.IsZero()
	})
}

func (r memoryReader) Causes(_ context.Context, q store.EntryQuery) ([]store.Cause, error) {
	r.m.mu.RLock()
	defer r.m.mu.RUnlock()
	type group struct {
		reason      quarantine.Reason
		field, code string
	}
	causes := map[group]store.Cause{}
	for _, e := range r.m.data.entries {
		if !matchEntry(&e, &q) {
			continue
		}
		g := group{reason: e.Reason}
		if len(e.FieldErrors) > 0 {
			g.field, g.code = e.FieldErrors[0].Field, e.FieldErrors[0].Code
		}
		c, ok := causes[g]
		if !ok {
			c = store.Cause{Reason: g.reason, Field: g.field, Code: g.code, Oldest: e.FirstSeenAt, Newest: e.LastSeenAt,
				Amount: map[payment.Currency]payment.Total{}}
		}
		causes[g] = addToCause(c, e)
	}
	return slices.SortedFunc(maps.Values(causes), func(a, b store.Cause) int {
		return cmp.Or(cmp.Compare(b.Entries, a.Entries), cmp.Compare(a.Reason, b.Reason),
			strings.Compare(a.Field, b.Field), strings.Compare(a.Code, b.Code))
	}), nil
}

func addToCause(c store.Cause, e quarantine.Entry) store.Cause {
	c.Entries++
	c.Seen += e.Seen
	if e.Amount == nil {
		c.Unreadable++
	} else {
		c.Amount[e.Amount.Currency] = c.Amount[e.Amount.Currency].Add(*e.Amount)
	}
	if e.FirstSeenAt.Before(c.Oldest) {
		c.Oldest = e.FirstSeenAt
	}
	if e.LastSeenAt.After(c.Newest) {
		c.Newest = e.LastSeenAt
	}
	if c.ExampleID == "" || e.ID < c.ExampleID {
		c.ExampleID = e.ID
	}
	return c
}
