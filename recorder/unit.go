package recorder

import (
	"cmp"
	"slices"

	"recibo/payment"
	"recibo/store"
)

// rank is the order in which a transaction takes its locks: payments by id,
// control totals by window, and then what is only held.
type rank int

const (
	isPayment rank = iota
	isControl
	isHeld // bad, or a redrive that lost its race: see claim
)

func (it *item) rank() rank {
	switch {
	case it.bad != nil || it.claim.lost():
		return isHeld
	case it.control != nil:
		return isControl
	}
	return isPayment
}

// key is what copies have in common: the id of a payment, or of a window.
func (it *item) key() string {
	switch it.rank() {
	case isPayment:
		return it.payment.TransactionID
	case isControl:
		return it.control.Window.ID()
	}
	return ""
}

// standing is what the store has, or gets, under a key: one of the two, or
// nothing.
type standing struct {
	payment *store.Payment
	control *store.Control
}

func (s standing) none() bool { return s == standing{} }

// standingOf is an item as it stands once it is written.
func standingOf(it *item) standing {
	if it.control != nil {
		return standing{control: it.control}
	}
	return standing{payment: &it.payment}
}

// diff names what differs between what stands and what arrived with the same
// key. Fingerprints that differ may be of different versions, so that fields
// have the last word.
func (s standing) diff(it *item) []payment.Difference {
	switch {
	case s.control != nil:
		return payment.DiffControl(&s.control.ControlTotal, &it.control.ControlTotal)
	case s.payment.Fingerprint == it.payment.Fingerprint:
		return nil
	}
	return payment.Diff(&s.payment.Event, &it.payment.Event)
}

// unit is what a batch is never cut through: all copies of one payment or one
// control total, in the order of their arrival, or one message that is only
// held.
type unit struct {
	rank  rank
	key   string
	items []*item
	// candidate is the copy that is offered to the store; the others are
	// judged against what then stands. It moves on when a copy is rejected.
	candidate int
	refusals  []refusal
	stands    standing // what was found under the key after a refusal
}

// refusal is why the store will not take a copy, in its own words.
type refusal struct {
	copy  standing
	words string
}

// offers reports whether a copy of the unit is to be written.
func (u *unit) offers() bool {
	return u.rank != isHeld && u.stands.none() && u.candidate < len(u.items)
}

// refuse notes that the store does not take the candidate, and moves on to the
// next copy with other content.
func (u *unit) refuse(words string) {
	u.refusals = append(u.refusals, refusal{standingOf(u.items[u.candidate]), words})
	for u.candidate < len(u.items) {
		if _, refused := u.refusal(u.items[u.candidate]); !refused {
			return
		}
		u.candidate++
	}
}

func (u *unit) refusal(it *item) (words string, refused bool) {
	for _, r := range u.refusals {
		if r.copy.diff(it) == nil {
			return r.words, true
		}
	}
	return "", false
}

// unitsOf groups a batch, in the order in which every transaction takes its
// locks.
func unitsOf(batch []*item) []*unit {
	type ranked struct {
		rank rank
		key  string
		item *item
	}
	all := make([]ranked, len(batch))
	for i, it := range batch {
		all[i] = ranked{it.rank(), it.key(), it}
	}
	slices.SortStableFunc(all, func(a, b ranked) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.key, b.key))
	})
	for i := range all {
		batch[i] = all[i].item
	}
	made := make([]unit, 0, len(batch)) // one allocation; the pointers stay valid
	units := make([]*unit, 0, len(batch))
	for i := 0; i < len(batch); {
		j := i + 1
		for all[i].rank != isHeld && j < len(batch) && all[j].rank == all[i].rank && all[j].key == all[i].key {
			j++
		}
		made = append(made, unit{rank: all[i].rank, key: all[i].key, items: batch[i:j:j]})
		units = append(units, &made[len(made)-1])
		i = j
	}
	return units
}
