package recorder

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// errLanded ends a transaction whose number turns out to be committed already.
var errLanded = errors.New("this transaction had landed")

// errNotLanded ends a transaction that only asked.
var errNotLanded = errors.New("this transaction had not landed")

// errMoved ends a transaction that decided about an entry which meanwhile
// somebody else moved.
var errMoved = errors.New("an entry was moved meanwhile")

// decision is everything that one transaction writes, and the fates that stand
// once it has committed.
type decision struct {
	units   []*unit
	fates   []fate // of the items of units, in order
	entries map[string]*quarantine.Entry
	moves   map[string]*quarantine.Transition // of entries that were sent back
	tally   map[store.TallyKey]*store.TallyLine
	now     time.Time
	writer  string
	queue   string
	outage  bool // the end of an outage is among what is written
}

// decide settles the fate of every item of units inside tx.
func (w *writer) decide(ctx context.Context, tx store.Tx, units []*unit) (*decision, error) {
	now := w.r.config.now()
	switch landed, err := tx.Claim(ctx, w.next(now)); {
	case err != nil:
		return nil, err
	case landed:
		return nil, errLanded
	}
	d := &decision{units: units, now: now, writer: w.identity.ID, queue: w.r.config.Queue,
		entries: map[string]*quarantine.Entry{}, moves: map[string]*quarantine.Transition{},
		tally: map[store.TallyKey]*store.TallyLine{}}
	outcomes, err := w.offer(ctx, tx, d)
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

// outcome answers one unit that offered a copy.
type outcome struct {
	kind   store.Kind
	stands standing // on Conflict
}

// offer offers the candidates to the store, and returns what it answered in the
// order of the units that offered one.
func (w *writer) offer(ctx context.Context, tx store.Tx, d *decision) ([]outcome, error) {
	w.payments, w.controls = w.payments[:0], w.controls[:0]
	for _, u := range d.units {
		switch {
		case !u.offers():
		case u.rank == isControl:
			c := *u.items[u.candidate].control
			c.RecordedAt = d.now
			w.controls = append(w.controls, c)
		default:
			p := u.items[u.candidate].payment
			p.RecordedAt = d.now
			w.payments = append(w.payments, p)
		}
	}
	answers := make([]outcome, 0, len(w.payments)+len(w.controls))
	if len(w.payments) > 0 {
		outcomes, err := tx.Record(ctx, w.payments)
		if err != nil {
			return nil, err
		}
		for _, o := range outcomes {
			answers = append(answers, outcome{o.Kind, standing{payment: o.Stored}})
		}
	}
	if len(w.controls) > 0 {
		outcomes, err := store.Controls(tx).Control(ctx, w.controls)
		if err != nil {
			return nil, err
		}
		for _, o := range outcomes {
			answers = append(answers, outcome{o.Kind, standing{control: o.Stored}})
		}
	}
	return answers, nil
}

// write puts entries, moves and tally into the transaction, each in its lock
// order.
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
	if len(d.moves) > 0 {
		moves := make([]quarantine.Transition, 0, len(d.moves))
		for _, id := range slices.Sorted(maps.Keys(d.moves)) {
			moves = append(moves, *d.moves[id])
		}
		done, err := tx.Transition(ctx, moves)
		if err != nil {
			return err
		}
		if slices.Contains(done, false) {
			return errMoved
		}
	}
	lines := make([]store.TallyLine, 0, len(d.tally))
	for _, line := range d.tally {
		lines = append(lines, *line)
	}
	slices.SortFunc(lines, func(a, b store.TallyLine) int { return a.TallyKey.Compare(b.TallyKey) })
	return tx.Tally(ctx, lines)
}
