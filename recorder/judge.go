package recorder

import (
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// judge decides about every copy in the unit, taking the next outcome from the
// front of outcomes when a copy was offered.
func (d *decision) judge(u *unit, outcomes *[]outcome) {
	if u.rank == isHeld {
		d.keep(u.items[0])
		return
	}
	stands := u.stands
	wrote := false
	if u.offers() {
		o := (*outcomes)[0]
		*outcomes = (*outcomes)[1:]
		stands, wrote = o.stands, o.kind == store.Recorded
		if o.kind != store.Conflict {
			stands = standingOf(u.items[u.candidate])
		}
	}
	for i, it := range u.items {
		if wrote && i == u.candidate {
			d.accept(it, store.FateRecorded)
			continue
		}
		d.compare(u, it, stands)
	}
}

// keep holds what is no payment, or must not become one.
func (d *decision) keep(it *item) {
	if it.claim.lost() {
		e := it.claim.entry
		d.hold(it, e.Reason, e.Detail, e.FieldErrors)
		return
	}
	d.hold(it, quarantine.Reason(it.bad.Reason), it.bad.Detail, quarantine.FaultFields(it.bad.Faults))
}

// compare judges a copy that was not written against what stands.
func (d *decision) compare(u *unit, it *item, stands standing) {
	if stands.none() {
		words, _ := u.refusal(it) // nothing stands only when every copy was refused
		d.hold(it, quarantine.Rejected, "the database refused it: "+words, nil)
		return
	}
	differences := stands.diff(it)
	if len(differences) == 0 {
		d.accept(it, store.FateDuplicate)
		return
	}
	d.hold(it, quarantine.Conflict, quarantine.ConflictDetail(it.control != nil, differences), quarantine.DifferenceFields(differences))
}

// accept notes that what the item says is recorded, now or before.
func (d *decision) accept(it *item, kind store.Fate) {
	if it.claim.decides() {
		d.move(it, quarantine.Transition{To: quarantine.Resolved, Note: string(kind)})
	}
	if it.control != nil {
		kind = store.FateControl
	}
	d.settle(it, fate{kind: kind})
}

// hold gives an item an entry; equal entries of a batch become one. What came
// from quarantine goes back to the entry that it came from.
func (d *decision) hold(it *item, reason quarantine.Reason, detail string, fields []quarantine.FieldError) {
	e := it.entry(reason, detail, fields, d.queue, d.now)
	if it.claim.decides() || it.claim.lost() {
		e.ID = it.claim.entryID
	}
	if same := d.entries[e.ID]; same != nil {
		same.Seen++
	} else {
		d.entries[e.ID] = e
	}
	if it.claim.decides() {
		d.move(it, quarantine.Transition{To: quarantine.Held, Reason: e.Reason, Detail: e.Detail, FieldErrors: e.FieldErrors})
	}
	d.settle(it, fate{kind: store.FateQuarantined, reason: reason})
}

// move has an entry that was sent back leave that state. Of copies the first
// decides.
func (d *decision) move(it *item, t quarantine.Transition) {
	id := it.claim.entryID
	if d.moves[id] != nil {
		return
	}
	t.EntryID, t.From, t.Attempt, t.By = id, quarantine.Redriven, it.claim.attempt, quarantine.Recorder
	t.Actor, t.At = string(quarantine.Recorder), d.now
	d.moves[id] = &t
}

// settle notes a fate and counts it.
func (d *decision) settle(it *item, f fate) {
	d.fates = append(d.fates, f)
	key := store.TallyKey{Writer: d.writer, Hour: d.now.Truncate(time.Hour), Fate: f.kind, Reason: f.reason}
	var amount payment.Money
	switch {
	case it.control != nil:
	case it.bad == nil:
		amount = it.payment.Amount
		key.Currency, key.Method = amount.Currency, it.payment.Method
	case it.bad.Amount != nil:
		amount = *it.bad.Amount
		key.Currency = amount.Currency
	}
	line := d.tally[key]
	if line == nil {
		line = &store.TallyLine{TallyKey: key}
		d.tally[key] = line
	}
	line.Count++
	line.Amount = line.Amount.Add(amount)
}
