package e2e_test

import (
	"context"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/simulator"
	"recibo/store"
)

// checkThroughReader is checkBooks for a store that may not speak SQL.
func (r *trial) checkThroughReader(seed uint64, count int64, faults simulator.Faults) {
	r.t.Helper()
	ctx := r.t.Context()
	totals, err := r.look.Reader().Totals(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	var rows int64
	last := ""
	amounts := map[payment.Currency]payment.Total{}
	r.eachPayment(ctx, func(p *store.Payment) {
		if p.TransactionID <= last {
			r.t.Errorf("%s comes after %s", p.TransactionID, last)
		}
		if payment.FingerprintOf(&p.Event) != p.Fingerprint {
			r.t.Errorf("%s: its fingerprint is not that of its row", p.TransactionID)
		}
		last = p.TransactionID
		rows++
		amounts[p.Amount.Currency] = amounts[p.Amount.Currency].Add(p.Amount)
	})
	if totals.Recorded != rows {
		r.t.Errorf("the tally has %d recorded and %d rows stand", totals.Recorded, rows)
	}
	open, err := r.look.Reader().Outages(ctx, store.OutageQuery{OpenOnly: true})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, o := range open.Items {
		r.t.Errorf("an outage is open: %+v", o)
	}
	for currency, sum := range amounts {
		if totals.Amount[currency] != sum {
			r.t.Errorf("the tally has %s %s, the rows have %s", currency, totals.Amount[currency].Decimal(currency), sum.Decimal(currency))
		}
	}
	held := map[string]string{}
	seen := map[quarantine.Reason]int64{}
	r.eachEntry(ctx, func(e *quarantine.Entry) {
		held[e.ID] = string(e.Reason)
		seen[e.Reason] += e.Seen
	})
	for reason, n := range seen {
		if totals.Quarantined[reason] != n {
			r.t.Errorf("%s: tallied %d, seen %d", reason, totals.Quarantined[reason], n)
		}
	}
	checkQuarantine(r.t, held, seed, count, faults)
}

func (r *trial) eachPayment(ctx context.Context, visit func(*store.Payment)) {
	r.t.Helper()
	for q := (store.PaymentQuery{Order: store.ByID}); ; {
		page, err := r.look.Reader().Payments(ctx, q)
		if err != nil {
			r.t.Fatal(err)
		}
		for i := range page.Items {
			visit(&page.Items[i])
		}
		if q.After = page.Next; q.After == "" {
			return
		}
	}
}

func (r *trial) eachEntry(ctx context.Context, visit func(*quarantine.Entry)) {
	r.t.Helper()
	for q := (store.EntryQuery{Order: store.ByID, WithoutBody: true}); ; {
		page, err := r.look.Reader().Entries(ctx, q)
		if err != nil {
			r.t.Fatal(err)
		}
		for i := range page.Items {
			visit(&page.Items[i])
		}
		if q.After = page.Next; q.After == "" {
			return
		}
	}
}
