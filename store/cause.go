package store

import (
	"cmp"
	"slices"
	"time"

	"recibo/payment"
)

// CausePart is the part of a cause in one currency, empty for entries without a
// readable amount: what a database can group by itself. Amount and Unreadable
// of the Cause in it are left alone.
type CausePart struct {
	Cause
	Currency payment.Currency
	Readable int64 // entries with an amount
	Total    payment.Total
}

// MergeCauses joins parts of the same reason, field and code, which stand next
// to each other, to causes: those of most entries first, others as they stood.
func MergeCauses(parts []CausePart) []Cause {
	var causes []Cause
	for _, p := range parts {
		last := len(causes) - 1
		if last < 0 || causes[last].Reason != p.Reason || causes[last].Field != p.Field || causes[last].Code != p.Code {
			p.Amount, p.Unreadable = map[payment.Currency]payment.Total{}, 0
			causes = append(causes, p.Cause)
			last++
		} else {
			causes[last].join(&p.Cause)
		}
		causes[last].Unreadable += p.Entries - p.Readable
		if p.Readable > 0 {
			causes[last].Amount[p.Currency] = p.Total
		}
	}
	slices.SortStableFunc(causes, func(a, b Cause) int { return cmp.Compare(b.Entries, a.Entries) })
	return causes
}

func (c *Cause) join(p *Cause) {
	c.Entries, c.Seen = c.Entries+p.Entries, c.Seen+p.Seen
	c.Oldest = slices.MinFunc([]time.Time{c.Oldest, p.Oldest}, time.Time.Compare)
	c.Newest = slices.MaxFunc([]time.Time{c.Newest, p.Newest}, time.Time.Compare)
	c.ExampleID = min(c.ExampleID, p.ExampleID)
}
