package recorder

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// errLanded ends a transaction whose number turns out to be committed already.
var errLanded = errors.New("this transaction had landed")

// decision is everything that one transaction writes, and the fates that stand
// once it has committed.
type decision struct {
	units   []*unit
	fates   []fate // of the items of units, in order
	entries map[string]*quarantine.Entry
	tally   map[store.TallyKey]*store.TallyLine
	now     time.Time
	writer  string
	queue   string
	outage  bool // the end of an outage is among what is written
}

// decide settles the fate of every item of units inside tx.
func (w *writer) decide(ctx context.Context, tx store.Tx, units []*unit) (*decision, error) {
	now := payment.Normalize(time.Now())
	claim := w.identity
	claim.Seq, claim.SeenAt = w.seq+1, now
	switch landed, err := tx.Claim(ctx, claim); {
	case err != nil:
		return nil, err
	case landed:
		return nil, errLanded
	}
	d := &decision{units: units, now: now, writer: w.identity.ID, queue: w.r.config.Queue,
		entries: map[string]*quarantine.Entry{}, tally: map[store.TallyKey]*store.TallyLine{}}
	outcomes, err := w.record(ctx, tx, d)
	if err != nil {
		return nil, err
	}
	for _, u := range units {
		d.judge(u, &outcomes)
	}
	if err := d.write(ctx, tx); err != nil {
		return nil, err
	}
	if o, ended := w.r.storeWatch.ending(now); ended {
		if err := tx.Outage(ctx, o); err != nil {
			return nil, err
		}
		d.outage = true
	}
	return d, nil
}

// record offers the candidates to the store.
func (w *writer) record(ctx context.Context, tx store.Tx, d *decision) ([]store.Outcome, error) {
	w.payments = w.payments[:0]
	for _, u := range d.units {
		if u.offers() {
			p := u.items[u.candidate].payment
			p.RecordedAt = d.now
			w.payments = append(w.payments, p)
		}
	}
	if len(w.payments) == 0 {
		return nil, nil
	}
	return tx.Record(ctx, w.payments)
}

// judge decides about every copy in the unit, taking the next outcome from the
// front of outcomes when a copy was offered.
func (d *decision) judge(u *unit, outcomes *[]store.Outcome) {
	if u.bad() {
		it := u.items[0]
		d.hold(it, quarantine.Reason(it.bad.Reason), it.bad.Detail, faultFields(it.bad.Faults))
		return
	}
	stands := u.stands
	wrote := false
	if u.offers() {
		o := (*outcomes)[0]
		*outcomes = (*outcomes)[1:]
		stands, wrote = o.Stored, o.Kind == store.Recorded
		if o.Kind != store.Conflict {
			stands = &u.items[u.candidate].payment
		}
	}
	for i, it := range u.items {
		if wrote && i == u.candidate {
			d.settle(it, fate{kind: store.FateRecorded})
			continue
		}
		d.compare(u, it, stands)
	}
}

// compare judges a copy that was not written against what stands.
func (d *decision) compare(u *unit, it *item, stands *store.Payment) {
	if stands != nil && it.payment.Fingerprint == stands.Fingerprint {
		d.settle(it, fate{kind: store.FateDuplicate})
		return
	}
	if words, refused := u.refusal(it); refused && stands == nil {
		d.hold(it, quarantine.Rejected, "the database refused it: "+words, nil)
		return
	}
	differences := payment.Diff(&stands.Event, &it.payment.Event)
	if len(differences) == 0 { // only a fingerprint of another version differs
		d.settle(it, fate{kind: store.FateDuplicate})
		return
	}
	d.hold(it, quarantine.Conflict, conflictDetail(differences), differenceFields(differences))
}

func conflictDetail(ds []payment.Difference) string {
	detail := "this transaction_id is recorded with another " + ds[0].Field
	for _, d := range ds[1:] {
		detail += ", " + d.Field
	}
	return detail
}

// hold gives an item an entry; equal entries of a batch become one.
func (d *decision) hold(it *item, reason quarantine.Reason, detail string, fields []quarantine.FieldError) {
	e := it.entry(reason, detail, fields, d.queue, d.now)
	if same := d.entries[e.ID]; same != nil {
		same.Seen++
	} else {
		d.entries[e.ID] = e
	}
	d.settle(it, fate{kind: store.FateQuarantined, reason: reason})
}

// settle notes a fate and counts it.
func (d *decision) settle(it *item, f fate) {
	d.fates = append(d.fates, f)
	key := store.TallyKey{Writer: d.writer, Hour: d.now.Truncate(time.Hour), Fate: f.kind, Reason: f.reason}
	amount := it.payment.Amount
	if it.bad == nil {
		key.Currency, key.Method = amount.Currency, it.payment.Method
	} else if it.bad.Amount != nil {
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

// write puts entries and tally into the transaction, each in its lock order.
func (d *decision) write(ctx context.Context, tx store.Tx) error {
	if len(d.entries) > 0 {
		entries := make([]quarantine.Entry, 0, len(d.entries))
		for _, id := range slices.Sorted(maps.Keys(d.entries)) {
			entries = append(entries, *d.entries[id])
		}
		if err := tx.Quarantine(ctx, entries); err != nil {
			return err
		}
	}
	lines := make([]store.TallyLine, 0, len(d.tally))
	for _, line := range d.tally {
		lines = append(lines, *line)
	}
	slices.SortFunc(lines, func(a, b store.TallyLine) int { return a.TallyKey.Compare(b.TallyKey) })
	return tx.Tally(ctx, lines)
}
