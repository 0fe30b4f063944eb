package simulation_test

import (
	"crypto/sha256"
	"errors"
	"iter"
	"slices"

	"recibo/ledger"
	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
	"recibo/wire"
)

// checkEntry is I5 and I3: nothing good is in quarantine. What the reason says
// is true of the original or the mended body.
func (w *world) checkEntry(e *quarantine.Entry) {
	if sum := sha256.Sum256(e.Body); !e.Truncated && sum != e.BodySHA256 {
		w.problem("entry %s: the body changed", e.ID)
	}
	bodies := [][]byte{e.Body}
	if e.MendedBody != nil {
		bodies = append(bodies, e.MendedBody)
	}
	if e.Attempt > 0 {
		return // an earlier mended body may have been judged, that another one replaced
	}
	if !slices.ContainsFunc(bodies[:1], func(body []byte) bool { return w.deserves(body, e) }) {
		w.problem("entry %s is held as %s without a reason: %.200q", e.ID, e.Reason, e.Body)
	}
}

func (w *world) deserves(body []byte, e *quarantine.Entry) bool {
	read, err := wire.Read(body, wire.Options{})
	if bad, ok := errors.AsType[*wire.Error](err); ok {
		return quarantine.Reason(bad.Reason) == e.Reason
	}
	switch e.Reason {
	case quarantine.Rejected:
		return w.model.mayReject || slices.ContainsFunc(w.model.refused, func(part uint32) bool { return guilty(read.Event.TransactionID, part) })
	case quarantine.Conflict:
		if read.Control != nil {
			return w.controlUnaccounted(read.Control) == "its window is recorded with other content, and it has no entry"
		}
		stands, ok := w.model.payments[read.Event.TransactionID]
		return ok && payment.Diff(&stands.Event, &read.Event) != nil
	}
	return false
}

// checkHistory walks the lines of an entry: they lead from its making to where
// it stands, by steps that somebody may make.
func (w *world) checkHistory(e *quarantine.Entry) {
	lines := w.history(e.ID)
	state, attempt := quarantine.State(""), 0
	for i, l := range lines {
		legal := l.From == state && (i == 0) == (state == "")
		switch {
		case i == 0:
			legal = legal && l.To == quarantine.Held && l.Attempt == 0
		case l.From == quarantine.Held && l.To == quarantine.Held:
			legal = legal && l.Attempt == attempt
		default:
			step := 0
			if l.To == quarantine.Redriven {
				step = 1
			}
			legal = legal && l.Attempt == attempt+step && slices.ContainsFunc(quarantine.Roles, func(r quarantine.Role) bool { return quarantine.Legal(l.From, l.To, r) })
		}
		if !legal {
			w.problem("entry %s: line %d of its history: %+v", e.ID, i, l)
		}
		state, attempt = l.To, l.Attempt
	}
	if state != e.State || attempt != e.Attempt || len(lines) > 0 && lines[len(lines)-1].Reason != e.Reason {
		w.problem("entry %s is %s at %d, its history ends with %s at %d", e.ID, e.State, e.Attempt, state, attempt)
	}
}

func (w *world) history(entryID string) []quarantine.HistoryLine {
	lines, err := w.memory.Reader().History(w.t.Context(), entryID)
	if err != nil {
		w.t.Fatal(err)
	}
	return lines
}

// checkOrigins is the other half of rule 6: each payment that came from an entry
// was recorded by a redrive that had not lost its race, and each such step of an
// entry recorded one.
func (w *world) checkOrigins(ps []store.Payment) {
	from := map[string]int{}
	for i := range ps {
		if id := ps[i].EntryID; id != "" {
			from[id]++
		}
	}
	page, err := store.ReadControls(w.memory.Reader()).Controls(w.t.Context(), store.ControlQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, c := range page.Items {
		if c.EntryID != "" {
			from[c.EntryID]++
		}
	}
	for _, e := range w.standing() {
		recorded := 0
		for _, l := range w.history(e.ID) {
			if l.To == quarantine.Resolved && l.Note == "recorded" {
				recorded++
			}
		}
		if recorded != from[e.ID] && !w.model.purged[e.ID] { // a purge takes the history along
			w.problem("entry %s was recorded %d times, %d payments came from it", e.ID, recorded, from[e.ID])
		}
	}
}

// checkEnd is what holds once everything is well again and had its time: all
// that was sent has its fate, and nothing is on its way.
func (w *world) checkEnd() {
	for i := range w.model.sent {
		if why := w.unaccounted(&w.model.sent[i]); why != "" {
			w.problem("lost: %s: %.200q", why, w.model.sent[i].Body)
		}
	}
	if on := w.standing(quarantine.Redriven); len(on) > 0 {
		w.problem("%d entries are still on their way", len(on))
	}
	depth, err := w.broker.Depth(w.t.Context())
	if err != nil || *depth.Ready+*depth.InFlight != 0 {
		w.problem("the queue is not empty: %d ready, %d in flight (%v)", *depth.Ready, *depth.InFlight, err)
	}
	page, err := w.memory.Reader().Outages(w.t.Context(), store.OutageQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, o := range page.Items {
		if o.EndedAt.IsZero() || o.EndedAt.Before(o.BeganAt) {
			w.problem("an outage of the %s is open, or ends before it begins: %+v", o.Component, o)
		}
	}
	w.reconcile()
}

// reconcile has the product's own proof say the same.
func (w *world) reconcile() {
	result, err := reconcile.Run(w.t.Context(), reconcile.Config{Reader: w.memory.Reader(), Sent: w.lines(), Examples: 1000})
	if err != nil {
		w.t.Fatal(err)
	}
	if len(w.model.purged) == 0 && !result.Balanced {
		w.problem("not balanced: %+v", result)
	}
}

func (w *world) lines() iter.Seq2[ledger.Line, error] {
	return func(yield func(ledger.Line, error) bool) {
		for i := range w.model.sent {
			m := &w.model.sent[i]
			read, err := wire.Read(m.Body, wire.Options{})
			l := ledger.Line{MessageID: m.ID, BodySHA256: sha256.Sum256(m.Body)}
			switch {
			case read.Control != nil:
				continue // a ledger lists payments
			case err == nil:
				l.TransactionID, l.Fingerprint = read.Event.TransactionID, payment.FingerprintOf(&read.Event)
			}
			if !yield(l, nil) {
				return
			}
		}
	}
}
