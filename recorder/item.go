package recorder

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/queue"
	"recibo/store"
	"recibo/wire"
)

// item is a delivery on its way, decoded: a payment, or the fault that keeps
// it from being one.
type item struct {
	feed     *feed
	delivery queue.Delivery
	payment  store.Payment
	bad      *wire.Error // nil when payment is one
}

// fate is what a transaction decided about an item. It stands once the
// transaction has committed.
type fate struct {
	kind   store.Fate
	reason quarantine.Reason // of a quarantined one
}

func decode(it *item, d queue.Delivery, c *Config) {
	it.delivery = d
	event, err := wire.Decode(d.Body, c.Decode)
	if err != nil {
		it.bad, _ = errors.AsType[*wire.Error](err)
		return
	}
	it.payment = store.Payment{
		Event: event, Fingerprint: payment.FingerprintOf(&event),
		Queue: c.Queue, Position: d.Position,
	}
}

// unit is what a batch is never cut through: all copies of one transaction_id,
// in the order of their arrival, or one message that is not an event.
type unit struct {
	items []*item
	// candidate is the copy that is offered to the store; the others are
	// judged against what then stands. It moves on when a copy is rejected.
	candidate int
	refusals  []refusal
	stands    *store.Payment // what was found under the id after a refusal
}

// refusal is why the store will not take a copy, in its own words.
type refusal struct {
	fingerprint payment.Fingerprint
	words       string
}

func (u *unit) bad() bool { return u.items[0].bad != nil }

// offers reports whether a copy of the unit is to be written.
func (u *unit) offers() bool {
	return !u.bad() && u.stands == nil && u.candidate < len(u.items)
}

// refuse notes that the store does not take the candidate, and moves on to the
// next copy with other content.
func (u *unit) refuse(words string) {
	u.refusals = append(u.refusals, refusal{u.items[u.candidate].payment.Fingerprint, words})
	for u.candidate < len(u.items) {
		if _, refused := u.refusal(u.items[u.candidate]); !refused {
			return
		}
		u.candidate++
	}
}

func (u *unit) refusal(it *item) (words string, refused bool) {
	for _, r := range u.refusals {
		if r.fingerprint == it.payment.Fingerprint {
			return r.words, true
		}
	}
	return "", false
}

// unitsOf groups a batch: payments in the order of their ids, in which every
// transaction takes its locks, then what is bad.
func unitsOf(batch []*item) []*unit {
	slices.SortStableFunc(batch, func(a, b *item) int {
		if (a.bad == nil) != (b.bad == nil) {
			if a.bad == nil {
				return -1
			}
			return 1
		}
		return cmp.Compare(a.payment.TransactionID, b.payment.TransactionID)
	})
	all := make([]unit, 0, len(batch)) // one allocation; the pointers stay valid
	units := make([]*unit, 0, len(batch))
	for i := 0; i < len(batch); {
		j := i + 1
		for batch[i].bad == nil && j < len(batch) && batch[j].bad == nil &&
			batch[j].payment.TransactionID == batch[i].payment.TransactionID {
			j++
		}
		all = append(all, unit{items: batch[i:j:j]})
		units = append(units, &all[len(all)-1])
		i = j
	}
	return units
}

// entry makes the quarantine entry of an item.
func (it *item) entry(reason quarantine.Reason, detail string, fields []quarantine.FieldError, queueName string, now time.Time) *quarantine.Entry {
	e := quarantine.New(reason, it.delivery.Body, detail, fields, now)
	e.Queue, e.Position = queueName, it.delivery.Position
	e.Headers = quarantine.Headers(it.delivery.Headers)
	if it.bad != nil {
		e.TransactionID, e.Amount = it.bad.TransactionID, it.bad.Amount
	} else {
		amount := it.payment.Amount
		e.TransactionID, e.Amount = it.payment.TransactionID, &amount
	}
	return e
}

func faultFields(faults payment.Faults) []quarantine.FieldError {
	fields := make([]quarantine.FieldError, len(faults))
	for i, f := range faults {
		fields[i] = quarantine.FieldError{Field: f.Field, Code: string(f.Code), Value: f.Value, Hint: f.Hint}
	}
	return fields
}

func differenceFields(ds []payment.Difference) []quarantine.FieldError {
	fields := make([]quarantine.FieldError, len(ds))
	for i, d := range ds {
		fields[i] = quarantine.FieldError{Field: d.Field, Code: quarantine.CodeDiffers,
			Value: d.Arrived, Recorded: d.Recorded}
	}
	return fields
}
