package storetest_test

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"time"

	"recibo/payment"
	"recibo/store"
)

type controlPage = store.Page[store.Control]

var brokenControls = []brokenStore{
	{"records control totals again", "a control total is recorded once", controlled(forgetControls)},
	{"compares counts alone", "a control total is recorded once", controlled(func(cs []store.Control, os []store.ControlOutcome) []store.ControlOutcome {
		for i := range os {
			if os[i].Kind == store.Conflict && os[i].Stored.Count == cs[i].Count {
				os[i] = store.ControlOutcome{Kind: store.Duplicate}
			}
		}
		return os
	})},
	{"gives back the total that arrived", "a conflict of control totals gives back what stands", controlled(func(cs []store.Control, os []store.ControlOutcome) []store.ControlOutcome {
		for i := range os {
			if os[i].Kind == store.Conflict {
				os[i].Stored = &cs[i]
			}
		}
		return os
	})},
	{"answers totals in another order", "control totals are answered by their index", controlled(func(_ []store.Control, os []store.ControlOutcome) []store.ControlOutcome {
		slices.Reverse(os)
		return os
	})},
	{"keeps 64 bits of control amounts", "a control total comes back as it was written", controlling(func(c *store.Control) {
		c.Amounts = maps.Clone(c.Amounts)
		for currency := range c.Amounts {
			c.Amounts[currency] = payment.Total{}.Add(payment.Money{Minor: 1<<62 - 1})
		}
	})},
	{"keeps sums of fingerprints as text", "a control total comes back as it was written", controlling(func(c *store.Control) {
		copy(c.Prints[:], strings.ToValidUTF8(string(c.Prints[:]), "?"))
	})},
	{"cuts zero bytes", "a control total comes back as it was written", controlling(func(c *store.Control) {
		trimmed := strings.TrimLeft(string(c.Prints[:]), "\x00")
		c.Prints = payment.PrintSum{}
		copy(c.Prints[:], trimmed)
	})},
	{"drops the entry of a total", "a control total comes back as it was written", controlling(func(c *store.Control) { c.EntryID = "" })},
	{"keeps windows to the second", "a control total comes back as it was written", controlling(func(c *store.Control) {
		c.From, c.Until = c.From.Truncate(time.Second), c.Until.Truncate(time.Second)
	})},
	{"knows no producers", "windows that differ in one part are others", controlling(func(c *store.Control) { c.Producer = "p1" })},
	{"folds sources", "windows that differ in one part are others", controlling(func(c *store.Control) { c.Source = strings.ToLower(c.Source) })},
	{"writes totals at the commit", "a transaction sees its own control totals", controlled(forgetControls)},
	{"records a window twice", "one window written at once is one row", controlled(forgetControls)},
	{"chokes on no totals", "no control totals are no error", withTx(func(tx store.Tx) store.Tx {
		return controlTx{tx, func(ctx context.Context, tx store.ControlTx, cs []store.Control) ([]store.ControlOutcome, error) {
			if len(cs) == 0 {
				return nil, errors.New("syntax error near VALUES")
			}
			return tx.Control(ctx, cs)
		}}
	})},
	{"pages totals with gaps", "pages of control totals have no gap and no repeat", readingControls(func(ctx context.Context, r store.ControlReader, q store.ControlQuery) (controlPage, error) {
		page, err := r.Controls(ctx, q)
		if q.After != "" && len(page.Items) > 0 {
			page.Items = page.Items[1:]
		}
		return page, err
	})},
	{"knows one order of totals", "pages of control totals have no gap and no repeat", readingControls(func(ctx context.Context, r store.ControlReader, q store.ControlQuery) (controlPage, error) {
		q.Order = store.ByID
		return r.Controls(ctx, q)
	})},
	{"takes no source for any", "each filter of control totals selects its own", readingControls(func(ctx context.Context, r store.ControlReader, q store.ControlQuery) (controlPage, error) {
		if q.Source != nil && *q.Source == "" {
			q.Source = nil
		}
		return r.Controls(ctx, q)
	})},
	{"takes since as inclusive", "each filter of control totals selects its own", readingControls(func(ctx context.Context, r store.ControlReader, q store.ControlQuery) (controlPage, error) {
		if !q.Since.IsZero() {
			q.Since = q.Since.Add(-1)
		}
		return r.Controls(ctx, q)
	})},
	{"begins totals anew on a bad cursor", "control totals have cursors of their own", readingControls(func(ctx context.Context, r store.ControlReader, q store.ControlQuery) (controlPage, error) {
		page, err := r.Controls(ctx, q)
		if err != nil {
			q.After = ""
			return r.Controls(ctx, q)
		}
		return page, err
	})},
}

// forgetControls answers as if nothing stood before.
func forgetControls(_ []store.Control, os []store.ControlOutcome) []store.ControlOutcome {
	for i := range os {
		os[i] = store.ControlOutcome{Kind: store.Recorded}
	}
	return os
}
