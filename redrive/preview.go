package redrive

import (
	"context"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// Count is how much is selected.
type Count struct {
	Entries    int64
	Amount     map[payment.Currency]payment.Total // as far as it can be read
	Unreadable int64                              // entries without a readable amount
}

// CountSelected counts the entries that are selected, in one of the states, and
// were first seen before the cut-off.
func CountSelected(ctx context.Context, r store.Reader, s Selection, o wire.Options, cutoff time.Time, states ...quarantine.State) (Count, error) {
	c := Count{Amount: map[payment.Currency]payment.Total{}}
	s, err := s.check()
	if err != nil {
		return c, err
	}
	if s.Source != "" {
		err := eachPage(ctx, r, s.query(cutoff, states...), func(es []quarantine.Entry) error {
			for i := range es {
				if s.matches(&es[i], o) {
					c.add(es[i].Amount)
				}
			}
			return nil
		})
		return c, err
	}
	causes, err := r.Causes(ctx, s.query(cutoff, states...))
	for _, cause := range causes {
		c.Entries, c.Unreadable = c.Entries+cause.Entries, c.Unreadable+cause.Unreadable
		for currency, total := range cause.Amount {
			c.Amount[currency] = c.Amount[currency].Plus(total)
		}
	}
	return c, err
}

func (c *Count) add(m *payment.Money) {
	c.Entries++
	if m == nil {
		c.Unreadable++
		return
	}
	c.Amount[m.Currency] = c.Amount[m.Currency].Add(*m)
}

// pageSize is how many entries, with their bodies, are read at once.
const pageSize = 200

// eachPage hands the entries that q selects to fn, page by page.
func eachPage(ctx context.Context, r store.Reader, q store.EntryQuery, fn func([]quarantine.Entry) error) error {
	q.Limit = pageSize
	for {
		page, err := r.Entries(ctx, q)
		if err != nil {
			return err
		}
		if err := fn(page.Items); err != nil {
			return err
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

// Preview says what would become of a selection if all of it were sent now.
type Preview struct {
	Count
	Recorded  int64
	Duplicate int64
	Held      map[quarantine.Reason]int64        // stay as bad as they are, or are in conflict
	Truncated int64                              // cannot be sent: their bodies are not whole
	Amounts   map[payment.Currency]payment.Total // of Recorded
}

// Look predicts the fate of every held entry that is selected and was first
// seen before the cut-off. Of several with one id the first counts as recorded,
// the others are compared with it.
func Look(ctx context.Context, r store.Reader, s Selection, o wire.Options, cutoff time.Time) (Preview, error) {
	p := Preview{Count: Count{Amount: map[payment.Currency]payment.Total{}},
		Held: map[quarantine.Reason]int64{}, Amounts: map[payment.Currency]payment.Total{}}
	s, err := s.check()
	if err != nil {
		return p, err
	}
	first := map[string]payment.Fingerprint{} // of what would be recorded, by id
	err = eachPage(ctx, r, s.query(cutoff, quarantine.Held), func(es []quarantine.Entry) error {
		es = slices.DeleteFunc(es, func(e quarantine.Entry) bool { return !s.matches(&e, o) })
		return p.page(ctx, r, es, o, first)
	})
	return p, err
}

func (p *Preview) page(ctx context.Context, r store.Reader, es []quarantine.Entry, o wire.Options, first map[string]payment.Fingerprint) error {
	var good []reading
	for i := range es {
		p.add(es[i].Amount)
		if !whole(&es[i]) {
			p.Truncated++
			continue
		}
		if seen := read(current(&es[i]), o); seen.bad != nil {
			p.Held[quarantine.Reason(seen.bad.Reason)]++
		} else {
			good = append(good, seen)
		}
	}
	stands, err := lookUp(ctx, r, good)
	if err != nil {
		return err
	}
	for i := range good {
		p.compare(&good[i], &stands, first)
	}
	return nil
}

func (p *Preview) compare(seen *reading, stands *standing, first map[string]payment.Fingerprint) {
	differences, recorded := stands.diff(seen)
	print := payment.Fingerprint(seen.print())
	before, again := first[seen.key()]
	switch {
	case len(differences) > 0, !recorded && again && before != print:
		p.Held[quarantine.Conflict]++
	case recorded || again:
		p.Duplicate++
	default:
		first[seen.key()] = print
		p.Recorded++
		if m := seen.amount; m != nil {
			p.Amounts[m.Currency] = p.Amounts[m.Currency].Add(*m)
		}
	}
}
