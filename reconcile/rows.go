package reconcile

import (
	"cmp"
	"context"
	"crypto/sha256"
	"iter"

	"recibo/payment"
	"recibo/store"
)

// row is what a comparison needs of a payment.
type row struct {
	id       string
	print    payment.Fingerprint // of what the row says now, not of what it said once
	redriven bool                // it came out of quarantine
	inScope  bool                // it is unexpected when nobody sent it
}

func (c *Config) rowOf(p *store.Payment, print payment.Fingerprint) row {
	return row{id: p.TransactionID, print: print, redriven: p.EntryID != "", inScope: c.inScope(p)}
}

func (c *Config) inScope(p *store.Payment) bool {
	return (c.Source == "" || p.Source == c.Source) &&
		(c.Since.IsZero() || !p.OccurredAt.Before(c.Since)) &&
		(c.Until.IsZero() || p.OccurredAt.Before(c.Until))
}

const (
	flagRedriven = 1 << iota
	flagInScope
)

// byRowID sorts rows as a database does by id.
var byRowID = codec[row]{
	func(r row) ([]byte, error) {
		var flags byte
		if r.redriven {
			flags |= flagRedriven
		}
		if r.inScope {
			flags |= flagInScope
		}
		b := append(make([]byte, 0, 1+sha256.Size+len(r.id)), flags)
		b = append(b, r.print[:]...)
		return append(b, r.id...), nil
	},
	func(b []byte) (r row, err error) {
		if len(b) < 1+sha256.Size {
			return r, errCodec
		}
		r.redriven, r.inScope = b[0]&flagRedriven != 0, b[0]&flagInScope != 0
		copy(r.print[:], b[1:])
		r.id = string(b[1+sha256.Size:])
		return r, nil
	},
	func(a, b row) int { return cmp.Compare(a.id, b.id) },
}

// allRows streams all rows in the order of their ids.
func (c *Config) allRows(ctx context.Context) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		payments := readAhead(ctx, func(ctx context.Context, after string) (store.Page[store.Payment], error) {
			return c.Reader.Payments(ctx, store.PaymentQuery{Order: store.ByID, Limit: store.MaxPage, After: after})
		})
		defer payments.stop()
		for {
			p, err := payments.head()
			if err != nil {
				yield(row{}, err)
				return
			}
			if p == nil {
				return
			}
			payments.take()
			if !yield(c.rowOf(p, payment.FingerprintOf(&p.Event)), nil) {
				return
			}
		}
	}
}
