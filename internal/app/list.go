package app

import (
	"context"
	"maps"
	"slices"

	"recibo/quarantine"
	"recibo/store"
)

// Payments hands every payment that q selects to show, the latest first, at
// most limit of them; 0 is no limit.
func (a *App) Payments(ctx context.Context, q store.PaymentQuery, limit int, showAccounts bool, show func(Payment) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return pages(limit, func(after string, most int) (store.Page[store.Payment], error) {
		q.After, q.Limit = after, most
		return s.Reader().Payments(ctx, q)
	}, func(p *store.Payment) error { return show(viewPayment(p, showAccounts)) })
}

// Sources returns where the latest payments came from, sorted.
func (a *App) Sources(ctx context.Context) ([]string, error) {
	s, err := a.readStore(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	page, err := s.Reader().Payments(ctx, store.PaymentQuery{})
	sources := map[string]bool{}
	for _, p := range page.Items {
		if p.Source != "" {
			sources[p.Source] = true
		}
	}
	return slices.Sorted(maps.Keys(sources)), err
}

// Payment returns one payment by its id.
func (a *App) Payment(ctx context.Context, id string, showAccounts bool) (Payment, error) {
	var found []Payment
	err := a.Payments(ctx, store.PaymentQuery{IDs: []string{id}}, 1, showAccounts, func(p Payment) error {
		found = append(found, p)
		return nil
	})
	if err != nil {
		return Payment{}, err
	}
	if len(found) == 0 {
		return Payment{}, answerNo("recibo find "+id+" says whether it is in quarantine", "payment %s: not recorded", id)
	}
	return found[0], nil
}

// Entries hands every entry that q selects to show, the latest first, at most
// limit of them; 0 is no limit.
func (a *App) Entries(ctx context.Context, q store.EntryQuery, limit int, showAccounts bool, show func(Entry) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	q.WithoutBody = true
	return pages(limit, func(after string, most int) (store.Page[quarantine.Entry], error) {
		q.After, q.Limit = after, most
		return s.Reader().Entries(ctx, q)
	}, func(e *quarantine.Entry) error { return show(viewEntry(e, showAccounts, false)) })
}

// Causes groups the entries that q selects.
func (a *App) Causes(ctx context.Context, q store.EntryQuery) ([]Cause, error) {
	s, err := a.readStore(ctx)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	causes, err := s.Reader().Causes(ctx, q)
	views := make([]Cause, 0, len(causes))
	for _, c := range causes {
		views = append(views, viewCause(c))
	}
	return views, err
}

// Outages hands every outage to show, the latest first.
func (a *App) Outages(ctx context.Context, openOnly bool, limit int, show func(Outage) error) error {
	s, err := a.readStore(ctx)
	if err != nil {
		return err
	}
	defer s.Close()
	return pages(limit, func(after string, most int) (store.Page[store.Outage], error) {
		return s.Reader().Outages(ctx, store.OutageQuery{OpenOnly: openOnly, Limit: most, After: after})
	}, func(o *store.Outage) error { return show(viewOutage(o)) })
}

// pages walks a list page by page until it ends or limit is reached.
func pages[T any](limit int, fetch func(after string, most int) (store.Page[T], error), show func(*T) error) error {
	after := ""
	for left := limit; ; {
		most := store.MaxPage
		if limit > 0 {
			most = min(most, left)
		}
		page, err := fetch(after, most)
		if err != nil {
			return err
		}
		for i := range page.Items {
			if err := show(&page.Items[i]); err != nil {
				return err
			}
		}
		left -= len(page.Items)
		if page.Next == "" || (limit > 0 && left <= 0) {
			return nil
		}
		after = page.Next
	}
}
