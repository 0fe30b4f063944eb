package storetest_test

import (
	"context"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

type (
	paymentPage = store.Page[store.Payment]
	entryPage   = store.Page[quarantine.Entry]
)

func paging(change func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error)) func() store.Store {
	return reading(brokenReader{payments: change})
}

func asking(change func(*store.EntryQuery)) func() store.Store {
	return reading(brokenReader{
		entries: func(ctx context.Context, r store.Reader, q store.EntryQuery) (entryPage, error) {
			change(&q)
			return r.Entries(ctx, q)
		},
		causes: func(ctx context.Context, r store.Reader, q store.EntryQuery) ([]store.Cause, error) {
			change(&q)
			return r.Causes(ctx, q)
		},
	})
}

func causing(change func([]store.Cause) []store.Cause) func() store.Store {
	return reading(brokenReader{causes: func(ctx context.Context, r store.Reader, q store.EntryQuery) ([]store.Cause, error) {
		cs, err := r.Causes(ctx, q)
		return change(cs), err
	}})
}

var brokenPages = []brokenStore{
	{"pages with gaps", "pages of payments have no gap and no repeat", paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		page, err := r.Payments(ctx, q)
		if q.After != "" && len(page.Items) > 0 {
			page.Items = page.Items[1:]
		}
		return page, err
	})},
	{"knows one order", "pages of payments have no gap and no repeat", paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		q.Order = store.ByID
		return r.Payments(ctx, q)
	})},
	{"ends after a page", "pages of entries have no gap and no repeat", reading(brokenReader{entries: func(ctx context.Context, r store.Reader, q store.EntryQuery) (entryPage, error) {
		page, err := r.Entries(ctx, q)
		page.Next = ""
		return page, err
	}})},
	{"gives all that is asked for", "pages are bounded", unbounded},
	{"offers a page after the last", "pages are bounded", paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		page, err := r.Payments(ctx, q)
		if page.Next == "" {
			page.Next = store.EncodeCursor("more")
		}
		return page, err
	})},
	{"begins anew on a bad cursor", "a cursor that the list did not make is refused", paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		page, err := r.Payments(ctx, q)
		if err != nil {
			q.After = ""
			return r.Payments(ctx, q)
		}
		return page, err
	})},
	{"looks at payers only", "each filter of payments selects its own", paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		page, err := r.Payments(ctx, q)
		if q.Account != "" && len(page.Items) > 0 {
			page.Items = page.Items[:1]
		}
		return page, err
	})},
	{"compares across currencies", "each filter of payments selects its own", paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		q.Min, q.Max = nil, nil
		return r.Payments(ctx, q)
	})},
	{"takes until as inclusive", "each filter of entries selects its own", asking(func(q *store.EntryQuery) {
		if !q.Until.IsZero() {
			q.Until = q.Until.Add(1)
		}
	})},
	{"takes seen before as inclusive", "each filter of entries selects its own", asking(func(q *store.EntryQuery) {
		if !q.SeenBefore.IsZero() {
			q.SeenBefore = q.SeenBefore.Add(1)
		}
	})},
	{"causes of all times", "causes are filtered as entries are", asking(func(q *store.EntryQuery) { q.SeenBefore = time.Time{} })},
	{"filters by no field", "each filter of entries selects its own", asking(func(q *store.EntryQuery) { q.Field = "" })},
	{"brings bodies along", "entries without their bodies", asking(func(q *store.EntryQuery) { q.WithoutBody = false })},
	{"filters the first page only", "a filter holds on every page", paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		if q.After != "" {
			q.Source = ""
		}
		return r.Payments(ctx, q)
	})},
	{"counts deliveries as entries", "causes group by reason, field and code", causing(func(cs []store.Cause) []store.Cause {
		for i := range cs {
			cs[i].Entries = cs[i].Seen
		}
		return cs
	})},
	{"filters no causes", "causes are filtered as entries are", asking(func(q *store.EntryQuery) { q.States, q.Reasons = nil, nil })},
	{"sums causes in 64 bits", "causes sum beyond 64 bits", causing(func(cs []store.Cause) []store.Cause {
		for i := range cs {
			clear(cs[i].Amount)
		}
		return cs
	})},
}

// unbounded reads on until it has as many as were asked for.
func unbounded() store.Store {
	return paging(func(ctx context.Context, r store.Reader, q store.PaymentQuery) (paymentPage, error) {
		page, err := r.Payments(ctx, q)
		for q.Limit > store.MaxPage && err == nil && page.Next != "" {
			q.After = page.Next
			var more paymentPage
			more, err = r.Payments(ctx, q)
			page.Items, page.Next = append(page.Items, more.Items...), more.Next
		}
		return page, err
	})()
}
