package storetest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

var filterCases = []Case{
	{"each filter of payments selects its own", on(checkPaymentFilters)},
	{"each filter of entries selects its own", on(checkEntryFilters)},
	{"entries without their bodies", on(checkWithoutBody)},
	{"a filter holds on every page", on(checkFilteredPages)},
}

// filterPayments are five payments that differ in everything but little.
func filterPayments() []store.Payment {
	var ps []store.Payment
	for i, id := range []string{"a", "b", "c", "d", "e"} {
		e := newPayment(id, int64(100*(i+1))).Event
		e.OccurredAt = at(time.Duration(i) * time.Minute)
		e.PayerAccount, e.PayeeAccount = "payer-"+id, "payee-"+id
		e.Source = map[bool]string{true: "even", false: "odd"}[i%2 == 0]
		ps = append(ps, paymentOf(e))
	}
	ps[1].PayeeAccount = "payer-a"
	ps[3].Amount.Currency = "USD"
	ps[4].Source = ""
	for i := range ps {
		ps[i] = paymentOf(ps[i].Event)
	}
	return ps
}

func checkPaymentFilters(t testing.TB, s store.Store) {
	record(t, s, filterPayments()...)
	brl := func(minor int64) *payment.Money { return &payment.Money{Minor: minor, Currency: "BRL"} }
	for name, c := range map[string]struct {
		q    store.PaymentQuery
		want string
	}{
		"nothing":               {store.PaymentQuery{}, "abcde"},
		"ids":                   {store.PaymentQuery{IDs: []string{"e", "b", "B", "none"}}, "be"},
		"since is inclusive":    {store.PaymentQuery{Since: at(2 * time.Minute)}, "cde"},
		"until is exclusive":    {store.PaymentQuery{Until: at(2 * time.Minute)}, "ab"},
		"since and until":       {store.PaymentQuery{Since: at(time.Minute), Until: at(3 * time.Minute)}, "bc"},
		"account of both sides": {store.PaymentQuery{Account: "payer-a"}, "ab"},
		"account of payee":      {store.PaymentQuery{Account: "payee-c"}, "c"},
		"account of nobody":     {store.PaymentQuery{Account: "PAYEE-C"}, ""},
		"source":                {store.PaymentQuery{Source: "odd"}, "bd"},
		"min":                   {store.PaymentQuery{Min: brl(200)}, "bce"},
		"max":                   {store.PaymentQuery{Max: brl(300)}, "abc"},
		"min and max":           {store.PaymentQuery{Min: brl(200), Max: brl(300)}, "bc"},
		"two currencies":        {store.PaymentQuery{Min: brl(1), Max: &payment.Money{Minor: 500, Currency: "USD"}}, ""},
		"all at once": {store.PaymentQuery{IDs: []string{"a", "b", "c"}, Since: start, Until: at(time.Hour), Account: "payer-a",
			Source: "odd", Min: brl(1), Max: brl(1000)}, "b"},
	} {
		for _, order := range []store.Order{store.ByID, store.NewestFirst} {
			c.q.Order = order
			page, err := s.Reader().Payments(t.Context(), c.q)
			ids := idsOf(page.Items)
			slices.Sort(ids)
			if got := strings.Join(ids, ""); err != nil || got != c.want {
				t.Errorf("%s, order %d: %q, want %q; error %v", name, order, got, c.want, err)
			}
		}
	}
}

// filterEntries are named by their bodies.
func filterEntries(t testing.TB, s store.Store) []quarantine.Entry {
	t.Helper()
	var es []quarantine.Entry
	for i, reason := range []quarantine.Reason{quarantine.Malformed, quarantine.Invalid, quarantine.Invalid, quarantine.Conflict, quarantine.TooLarge} {
		e := newEntry(reason, string("abcde"[i]), at(time.Duration(i)*time.Minute))
		e.FieldErrors = nil
		es = append(es, e)
	}
	es[1].FieldErrors = []quarantine.FieldError{{Field: "amount", Code: "comma"}, {Field: "currency", Code: "unknown_currency"}}
	es[2].FieldErrors = []quarantine.FieldError{{Field: "payer_account", Code: "empty", Value: "amount"}}
	es[3].FieldErrors = []quarantine.FieldError{{Field: "amount", Code: "differs"}}
	es[1].TransactionID, es[2].TransactionID, es[3].TransactionID = "t1", "T1", "t3"
	es[0].LastSeenAt = at(time.Hour)
	hold(t, s, slices.Clone(es)...)
	bring(t, s, es[1].ID, quarantine.Redriven)
	bring(t, s, es[4].ID, quarantine.Discarded)
	return es
}

func checkEntryFilters(t testing.TB, s store.Store) {
	es := filterEntries(t, s)
	type reasons = []quarantine.Reason
	type states = []quarantine.State
	for name, c := range map[string]struct {
		q    store.EntryQuery
		want string
	}{
		"nothing":            {store.EntryQuery{}, "abcde"},
		"ids":                {store.EntryQuery{IDs: []string{es[3].ID, es[0].ID, "none"}}, "ad"},
		"transaction ids":    {store.EntryQuery{TransactionIDs: []string{"t1", "t3", "t4"}}, "bd"},
		"one reason":         {store.EntryQuery{Reasons: reasons{quarantine.Invalid}}, "bc"},
		"two reasons":        {store.EntryQuery{Reasons: reasons{quarantine.TooLarge, quarantine.Conflict}}, "de"},
		"one state":          {store.EntryQuery{States: states{quarantine.Held}}, "acd"},
		"two states":         {store.EntryQuery{States: states{quarantine.Redriven, quarantine.Discarded}}, "be"},
		"since is inclusive": {store.EntryQuery{Since: at(3 * time.Minute)}, "ade"},
		"until is exclusive": {store.EntryQuery{Until: at(3 * time.Minute)}, "bc"},
		"since and until":    {store.EntryQuery{Since: at(2 * time.Minute), Until: at(time.Hour)}, "cde"},
		"first seen before":  {store.EntryQuery{SeenBefore: at(3 * time.Minute)}, "abc"},
		"first seen at":      {store.EntryQuery{SeenBefore: at(3*time.Minute + time.Millisecond)}, "abcd"},
		"first seen later":   {store.EntryQuery{SeenBefore: start}, ""},
		"seen before, since": {store.EntryQuery{SeenBefore: at(3 * time.Minute), Since: at(time.Minute)}, "abc"},
		"field":              {store.EntryQuery{Field: "amount"}, "bd"},
		"second field":       {store.EntryQuery{Field: "currency"}, "b"},
		"no such field":      {store.EntryQuery{Field: "comma"}, ""},
		"all at once": {store.EntryQuery{IDs: []string{es[1].ID, es[3].ID}, TransactionIDs: []string{"t3"}, Reasons: reasons{quarantine.Conflict},
			States: states{quarantine.Held}, Since: start, Until: at(time.Hour), SeenBefore: at(time.Hour), Field: "amount"}, "d"},
	} {
		for _, order := range []store.Order{store.NewestFirst, store.ByID} {
			c.q.Order = order
			var names []string
			for _, e := range allEntries(t, s, c.q) {
				names = append(names, string(e.Body))
			}
			slices.Sort(names)
			if got := strings.Join(names, ""); got != c.want {
				t.Errorf("%s, order %d: %q, want %q", name, order, got, c.want)
			}
		}
	}
}

func checkWithoutBody(t testing.TB, s store.Store) {
	e := newEntry(quarantine.Invalid, "bad", start)
	hold(t, s, e)
	page, err := s.Reader().Entries(t.Context(), store.EntryQuery{WithoutBody: true})
	if err != nil || len(page.Items) != 1 {
		t.Fatalf("%d entries, error %v", len(page.Items), err)
	}
	if got := page.Items[0]; got.Body != nil || got.MendedBody != nil {
		t.Errorf("the body came along: %d bytes", len(got.Body))
	}
	want := e
	want.Body = nil
	same(t, "the rest", want, page.Items[0])
}

func checkFilteredPages(t testing.TB, s store.Store) {
	var ps []store.Payment
	for i := range 300 {
		e := newPayment(fmt.Sprintf("id-%03d", i), int64(i+1)).Event
		e.Source = map[bool]string{true: "app", false: "branch"}[i%3 == 0]
		ps = append(ps, paymentOf(e))
	}
	record(t, s, ps...)
	key := func(p store.Payment) (time.Time, string) { return p.OccurredAt, p.TransactionID }
	for _, order := range []store.Order{store.NewestFirst, store.ByID} {
		rows := walk(t, key, order, func(after string) (store.Page[store.Payment], error) {
			return s.Reader().Payments(t.Context(), store.PaymentQuery{Source: "app", Order: order, Limit: 7, After: after})
		}, func() {})
		if len(rows) != 100 {
			t.Errorf("order %d: %d payments, want 100", order, len(rows))
		}
	}
}
