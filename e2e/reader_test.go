package e2e_test

import (
	"context"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/simulator"
	"recibo/store"
)

// standing is what a store holds.
type standing struct {
	payments, doubled int64
	tallied           int64 // deliveries
	entries           map[string]entryStanding
}

type entryStanding struct {
	reason  quarantine.Reason
	state   quarantine.State
	attempt int
}

// checkThroughReader is checkBooks for a store that may not speak SQL.
func (r *trial) checkThroughReader(seed uint64, count int64, faults simulator.Faults) {
	r.t.Helper()
	held := map[string]string{}
	for id, entry := range r.rowsAreInOrder().entries {
		held[id] = string(entry.reason)
	}
	checkQuarantine(r.t, held, seed, count, faults)
}

// rowsAreInOrder holds payments, entries and outages against each other and
// against the tally.
func (r *trial) rowsAreInOrder() standing {
	r.t.Helper()
	ctx := r.t.Context()
	totals, err := r.look.Reader().Totals(ctx)
	if err != nil {
		r.t.Fatal(err)
	}
	stands := standing{entries: map[string]entryStanding{}, tallied: totals.Recorded + totals.Duplicates}
	last := ""
	amounts := map[payment.Currency]payment.Total{}
	r.eachPayment(ctx, func(p *store.Payment) {
		if p.TransactionID <= last {
			r.t.Errorf("%s comes after %s", p.TransactionID, last)
			stands.doubled++
		}
		if payment.FingerprintOf(&p.Event) != p.Fingerprint {
			r.t.Errorf("%s: its fingerprint is not that of its row", p.TransactionID)
		}
		last = p.TransactionID
		stands.payments++
		amounts[p.Amount.Currency] = amounts[p.Amount.Currency].Add(p.Amount)
	})
	if totals.Recorded != stands.payments {
		r.t.Errorf("the tally has %d recorded and %d rows stand", totals.Recorded, stands.payments)
	}
	for currency, sum := range amounts {
		if totals.Amount[currency] != sum {
			r.t.Errorf("the tally has %s %s, the rows have %s", currency, totals.Amount[currency].Decimal(currency), sum.Decimal(currency))
		}
	}
	open, err := r.look.Reader().Outages(ctx, store.OutageQuery{OpenOnly: true})
	if err != nil {
		r.t.Fatal(err)
	}
	for _, o := range open.Items {
		r.t.Errorf("an outage is open: %+v", o)
	}
	seen := map[quarantine.Reason]int64{}
	r.eachEntry(ctx, func(e *quarantine.Entry) {
		stands.entries[e.ID] = entryStanding{e.Reason, e.State, e.Attempt}
		seen[e.Reason] += e.Seen
	})
	for _, reason := range quarantine.Reasons {
		stands.tallied += totals.Quarantined[reason]
		if totals.Quarantined[reason] != seen[reason] {
			r.t.Errorf("%s: tallied %d, seen %d", reason, totals.Quarantined[reason], seen[reason])
		}
	}
	return stands
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
