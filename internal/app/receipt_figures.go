package app

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
	"recibo/wire"
)

// figures gathers what a receipt says, as of a moment, in one pass over the
// payments of its period.
type figures struct {
	Receipt
	reader  store.Reader
	moment  time.Time
	digest  hash.Hash        // of the control totals
	pending []ReceiptRedrive // whose entries are still to be looked at
}

// gather fills in every figure. The rest of r says of what.
func (a *App) gather(ctx context.Context, reader store.Reader, r Receipt) (Receipt, WindowsProof, error) {
	w, moment, err := r.windows()
	if err != nil {
		return r, WindowsProof{}, err
	}
	f := &figures{Receipt: r, reader: reader, moment: moment, digest: sha256.New()}
	f.Held.Entries, f.Redriven.Payments, f.Outages.Outages = []ReceiptEntry{}, []ReceiptRedrive{}, []ReceiptOutage{}
	f.Held.ByReason = map[quarantine.Reason]int64{}
	c := a.windowConfig(w)
	c.Now, c.RecordedUntil = moment, moment
	c.Payment = func(p *store.Payment) error { return f.addPayment(ctx, p) }
	c.Control, c.Waiting = f.addControl, f.addWaiting
	proof, err := a.proveWindows(ctx, reader, c)
	if err == nil {
		err = f.lookAtEntries(ctx)
	}
	if err == nil {
		err = f.addOutages(ctx, w)
	}
	if err != nil {
		return r, proof, err
	}
	totals, err := reader.Totals(ctx)
	f.Duplicates = totals.Duplicates
	f.finish(&proof)
	return f.Receipt, proof, err
}

func (f *figures) addPayment(ctx context.Context, p *store.Payment) error {
	if p.EntryID == "" {
		return nil
	}
	f.Redriven.Count++
	f.pending = append(f.pending, ReceiptRedrive{ID: p.TransactionID, Entry: p.EntryID})
	if len(f.pending) < store.MaxPage {
		return nil
	}
	return f.lookAtEntries(ctx)
}

// lookAtEntries finds which of the entries that payments came from were mended.
func (f *figures) lookAtEntries(ctx context.Context) error {
	if len(f.pending) == 0 {
		return nil
	}
	ids := make([]string, len(f.pending))
	for i, p := range f.pending {
		ids[i] = p.Entry
	}
	slices.Sort(ids)
	entries, err := entriesByID(ctx, f.reader, slices.Compact(ids))
	if err != nil {
		return err
	}
	for _, p := range f.pending {
		p.Mended = entries[p.Entry] != nil && entries[p.Entry].MendedBody != nil
		if p.Mended {
			f.Redriven.Mended++
		}
		if len(f.Redriven.Payments) < mostListed {
			f.Redriven.Payments = append(f.Redriven.Payments, p)
		}
	}
	f.pending = f.pending[:0]
	return nil
}

// entriesByID reads at most store.MaxPage entries without their bodies.
func entriesByID(ctx context.Context, r store.Reader, ids []string) (map[string]*quarantine.Entry, error) {
	entries := make(map[string]*quarantine.Entry, len(ids))
	if len(ids) == 0 {
		return entries, nil
	}
	page, err := r.Entries(ctx, store.EntryQuery{IDs: ids, Order: store.ByID, WithoutBody: true})
	for i := range page.Items {
		entries[page.Items[i].ID] = &page.Items[i]
	}
	return entries, err
}

func (f *figures) addControl(c *store.Control) {
	f.Controls.Count++
	f.digest.Write(append(wire.EncodeControl(&c.ControlTotal), '\n'))
}

func (f *figures) addWaiting(w reconcile.Waiting) {
	f.Held.Count++
	f.Held.ByReason[w.Reason]++
	if !w.Placed {
		f.Held.Unplaced++
	}
	if len(f.Held.Entries) >= mostListed {
		return
	}
	e := ReceiptEntry{ID: w.Entry, Reason: w.Reason, State: w.State}
	if w.Amount != nil {
		e.Amount, e.Currency = some(w.Amount.Decimal()), some(string(w.Amount.Currency))
	}
	f.Held.Entries = append(f.Held.Entries, e)
}

// addOutages notes those that lasted in the period, and had begun before the
// receipt's moment.
func (f *figures) addOutages(ctx context.Context, w Windows) error {
	return pages(0, func(after string, most int) (store.Page[store.Outage], error) {
		return f.reader.Outages(ctx, store.OutageQuery{Limit: most, After: after})
	}, func(o *store.Outage) error {
		if o.BeganAt.After(f.moment) || !w.Until.IsZero() && !o.BeganAt.Before(w.Until) ||
			!w.Since.IsZero() && !o.EndedAt.IsZero() && o.EndedAt.Before(w.Since) {
			return nil
		}
		f.Outages.Count++
		if len(f.Outages.Outages) >= mostListedOutages {
			return nil
		}
		seen := ReceiptOutage{ID: o.ID, Component: o.Component, BeganAt: stamp(o.BeganAt)}
		if !o.EndedAt.IsZero() && !o.EndedAt.After(f.moment) {
			seen.EndedAt = some(stamp(o.EndedAt))
		}
		f.Outages.Outages = append(f.Outages.Outages, seen)
		return nil
	})
}

func (f *figures) finish(p *WindowsProof) {
	f.Payments = ReceiptPayments{Count: p.Payments.Count, Amounts: amounts(p.Payments.Amounts), Prints: p.Payments.Prints.String()}
	c := &f.Controls
	c.Windows, c.ByVerdict, c.Uncovered, c.Mended = p.Windows, p.ByVerdict, p.Uncovered.Count, p.Mended
	c.SHA256 = hex.EncodeToString(f.digest.Sum(nil))
	c.Examples = []ReceiptWindow{}
	for _, x := range p.Examples {
		c.Examples = append(c.Examples, ReceiptWindow{x.Source, x.From, x.Until, x.Verdict, x.Difference, x.Payments})
	}
	f.Compared = p.Ledger
	slices.SortFunc(f.Held.Entries, func(x, y ReceiptEntry) int { return cmp.Compare(x.ID, y.ID) })
	f.Verdict = f.verdict()
}

// moment is when a receipt is made.
func moment() time.Time { return payment.Normalize(time.Now()) }
