package reconcile

import (
	"context"
	"slices"

	"recibo/payment"
	"recibo/store"
)

// mostMissing bounds the missing events that are kept to be looked for in
// windows.
const mostMissing = 10_000

type missingEvents []candidate

func (m *missingEvents) add(id string, print payment.Fingerprint) {
	if len(*m) < mostMissing {
		*m = append(*m, candidate{name: id, changes: payment.PrintSum(print)})
	}
}

// name puts what a comparison with a ledger named into the windows that are not
// balanced. What is recorded belongs to the window of its row. What is missing
// has none: it belongs to the window whose fingerprints lack its own, and where
// one window alone lacks payments, to that one.
func (r *WindowsResult) name(ctx context.Context, reader store.Reader, compared *Result, missing missingEvents) error {
	var ids []string
	kinds := map[string]string{}
	for _, x := range compared.Examples {
		if x.Kind != KindMissing && len(ids) < store.MaxPage {
			ids = append(ids, x.ID)
			kinds[x.ID] = x.Kind
		}
	}
	if len(ids) > 0 {
		page, err := reader.Payments(ctx, store.PaymentQuery{IDs: ids, Order: store.ByID})
		if err != nil {
			return err
		}
		for i := range page.Items {
			p := &page.Items[i]
			r.nameRow(p, Example{Kind: kinds[p.TransactionID], ID: p.TransactionID})
		}
	}
	for i := range r.Examples {
		r.Examples[i].nameMissing(missing)
	}
	r.nameRest(compared)
	return nil
}

// nameRow names a recorded payment in its window. What nobody sent is taken out
// of the window's sum, so that what it lacks shows.
func (r *WindowsResult) nameRow(p *store.Payment, example Example) {
	for i := range r.Examples {
		x := &r.Examples[i]
		if w := x.window; w == nil || !w.contains(p.Source, p.OccurredAt) {
			continue
		}
		if example.Kind == KindUnexpected {
			x.window.recorded.Prints.Minus(payment.PrintSum(payment.FingerprintOf(&p.Event)))
		}
		x.name(example)
	}
}

// name adds a payment, once.
func (x *WindowExample) name(e Example) {
	known := slices.ContainsFunc(x.Payments, func(o Example) bool { return o.ID == e.ID })
	if len(x.Payments) < mostNamed && !known {
		x.Payments = append(x.Payments, e)
	}
}

func (x *WindowExample) nameMissing(missing []candidate) {
	if x.window == nil || x.Verdict == Overlapping {
		return
	}
	need := x.window.expected.Prints
	need.Minus(x.window.recorded.Prints)
	for _, c := range solve(need, missing) {
		x.name(Example{Kind: KindMissing, ID: c.name})
	}
}

// nameRest names what is missing where there is but one window for it.
func (r *WindowsResult) nameRest(compared *Result) {
	if r.ByVerdict[Missing] != 1 {
		return
	}
	i := slices.IndexFunc(r.Examples, func(x WindowExample) bool { return x.Verdict == Missing })
	if i < 0 {
		return
	}
	for _, e := range compared.Examples {
		elsewhere := slices.ContainsFunc(r.Examples, func(x WindowExample) bool { return slices.Contains(x.Payments, e) })
		if e.Kind == KindMissing && !elsewhere {
			r.Examples[i].name(e)
		}
	}
}
