package reconcile

import (
	"context"
	"slices"
	"time"

	"recibo/payment"
	"recibo/store"
)

// mostAgain bounds the payments of a window that are read a second time, to
// name the one that is too many.
const mostAgain = 100_000

// nameSurplus names the payment that a window has too many, if it is one: its
// fingerprint is what the sums differ by.
func (s *sweep) nameSurplus(ctx context.Context, x *WindowExample) error {
	w := x.window
	if x.Verdict != TooMany || x.Difference.Count != 1 || w.recorded.Count > mostAgain {
		return nil
	}
	surplus := w.recorded.Prints
	surplus.Minus(w.expected.Prints)
	id, err := findPrint(ctx, s.Reader, w.source, w.from, w.until, payment.Fingerprint(surplus))
	if id != "" {
		x.Payments = slices.DeleteFunc(x.Payments, func(e Example) bool { return e.ID == id })
		x.Payments = append(x.Payments, Example{Kind: KindUnexpected, ID: id})
		x.Explanation += "; without " + id + " it balances"
	}
	return err
}

// findPrint returns the id of the payment that has the fingerprint, empty if
// there is none. Source empty is those without one.
func findPrint(ctx context.Context, r store.Reader, source string, from, until time.Time, print payment.Fingerprint) (string, error) {
	rows := readAhead(ctx, func(ctx context.Context, after string) (store.Page[store.Payment], error) {
		q := store.PaymentQuery{Source: source, Since: from, Until: until, Limit: store.MaxPage, After: after}
		if after != "" {
			q.Until = time.Time{}
		}
		return r.Payments(ctx, q)
	})
	defer rows.stop()
	for {
		p, err := rows.head()
		if err != nil || p == nil {
			return "", err
		}
		rows.take()
		if p.Source == source && payment.FingerprintOf(&p.Event) == print {
			return p.TransactionID, nil
		}
	}
}
