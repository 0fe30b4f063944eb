package simulation_test

import (
	"bytes"
	"crypto/sha256"

	"github.com/google/go-cmp/cmp"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/queue"
	"recibo/store"
	"recibo/wire"
)

// model is what is known beside the store, to hold it against.
type model struct {
	sent      []queue.Message // for good: none may be lost
	known     map[payment.Fingerprint]bool
	payments  map[string]store.Payment // as they stood after the last step
	refused   []uint32                 // parts of the payments that the database ever refused
	mayReject bool                     // or refused for their size
	handed    int64                    // deliveries that recorders got

	purged       map[string]bool            // entries
	purgedBodies map[[sha256.Size]byte]bool // theirs
	purgedSeen   int64
}

func newModel() model {
	return model{known: map[payment.Fingerprint]bool{}, payments: map[string]store.Payment{},
		purged: map[string]bool{}, purgedBodies: map[[sha256.Size]byte]bool{}}
}

// know takes in what a body says: nothing else may ever be recorded.
func (m *model) know(body []byte) {
	if read, err := wire.Read(body, wire.Options{}); err == nil && read.Control == nil {
		m.known[payment.FingerprintOf(&read.Event)] = true
	}
}

func (m *model) purge(e *quarantine.Entry) {
	m.purged[e.ID] = true
	m.purgedBodies[e.BodySHA256] = true
	m.purgedSeen += e.Seen
}

// published is told of all that is on its way to a recorder.
func (w *world) published(ms []queue.Message) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range ms {
		w.model.know(ms[i].Body)
	}
}

// handed is told how many deliveries a recorder got.
func (w *world) handed(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.model.handed += int64(n)
}

// acked is told of deliveries before they are acked: each must have its fate.
func (w *world) acked(ds []queue.Delivery) {
	for i := range ds {
		if why := w.unaccounted(&ds[i].Message); why != "" {
			w.problem("acked without a fate: %s: %.200q %v", why, ds[i].Body, ds[i].Headers)
		}
	}
}

// unaccounted says why a message has no fate; empty if it has.
func (w *world) unaccounted(m *queue.Message) string {
	if id, attempt, ok := quarantine.ParseRedrive(m.Headers[quarantine.RedriveHeader]); ok {
		if w.model.purged[id] {
			return ""
		}
		entries := w.entriesByID(id)
		switch {
		case len(entries) == 0:
			return "its entry is not there"
		case entries[0].State == quarantine.Redriven && entries[0].Attempt == attempt:
			return "its entry is on its way"
		}
		return ""
	}
	sum := sha256.Sum256(m.Body)
	var ids []string
	for _, reason := range quarantine.Reasons {
		ids = append(ids, quarantine.EntryID(reason, sum))
	}
	if w.model.purgedBodies[sum] || len(w.entriesByID(ids...)) > 0 {
		return ""
	}
	read, err := wire.Read(m.Body, wire.Options{})
	switch {
	case err != nil:
		return "it is bad, and has no entry"
	case read.Control != nil:
		return w.controlUnaccounted(read.Control)
	}
	page, err := w.memory.Reader().Payments(w.t.Context(), store.PaymentQuery{IDs: []string{read.Event.TransactionID}})
	switch {
	case err != nil:
		return err.Error()
	case len(page.Items) == 0:
		return "it is not recorded"
	case payment.FingerprintOf(&page.Items[0].Event) != payment.FingerprintOf(&read.Event):
		return "its id is recorded with other content, and it has no entry"
	}
	return ""
}

func (w *world) controlUnaccounted(c *payment.ControlTotal) string {
	page, err := store.ReadControls(w.memory.Reader()).Controls(w.t.Context(), store.ControlQuery{IDs: []string{c.Window.ID()}})
	switch {
	case err != nil:
		return err.Error()
	case len(page.Items) == 0:
		return "its window is not recorded"
	case payment.DiffControl(&page.Items[0].ControlTotal, c) != nil:
		return "its window is recorded with other content, and it has no entry"
	}
	return ""
}

func (w *world) entriesByID(ids ...string) []quarantine.Entry {
	page, err := w.memory.Reader().Entries(w.t.Context(), store.EntryQuery{IDs: ids, WithoutBody: true})
	if err != nil {
		w.problem("read entries: %v", err)
	}
	return page.Items
}

// check holds the store against the model.
func (w *world) check(where string) {
	before := len(w.problems)
	payments := w.payments()
	entries := w.standing()
	w.checkPayments(payments)
	w.checkCounts(payments, entries)
	for i := range entries {
		w.checkEntry(&entries[i])
		w.checkHistory(&entries[i])
	}
	w.checkOrigins(payments)
	if len(w.problems) > before {
		w.problem("seen after %s", where)
	}
}

// checkPayments is I2: what is recorded was once sent, stands once, and never
// changes.
func (w *world) checkPayments(ps []store.Payment) {
	now := map[string]store.Payment{}
	for _, p := range ps {
		now[p.TransactionID] = p
		if p.Fingerprint != payment.FingerprintOf(&p.Event) || !w.model.known[p.Fingerprint] {
			w.problem("payment %s says what nobody sent", p.TransactionID)
		}
	}
	for id, was := range w.model.payments {
		if p, ok := now[id]; !ok || !equal(&was, &p) {
			w.problem("payment %s changed: %s", id, cmp.Diff(was, p))
		}
	}
	w.model.payments = now
}

// equal compares all of two rows, faster than cmp.
func equal(a, b *store.Payment) bool {
	return a.Fingerprint == b.Fingerprint && a.Source == b.Source && bytes.Equal(a.Extra, b.Extra) &&
		a.Queue == b.Queue && a.Position == b.Position && a.EntryID == b.EntryID && a.RecordedAt.Equal(b.RecordedAt)
}

// checkCounts is I1 and I6: the tally counts what the tables hold.
func (w *world) checkCounts(ps []store.Payment, es []quarantine.Entry) {
	totals, err := w.memory.Reader().Totals(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if totals.Recorded != int64(len(ps)) {
		w.problem("the tally has %d recorded, the table %d", totals.Recorded, len(ps))
	}
	amounts := map[payment.Currency]payment.Total{}
	for i := range ps {
		m := ps[i].Amount
		amounts[m.Currency] = amounts[m.Currency].Add(m)
	}
	if !cmp.Equal(amounts, totals.Amount, cmp.Comparer(func(a, b payment.Total) bool { return a == b })) {
		w.problem("the tally adds up to something else than the table")
	}
	seen, counted := w.model.purgedSeen, int64(0)
	for i := range es {
		seen += es[i].Seen
	}
	for _, n := range totals.Quarantined {
		counted += n
	}
	w.mu.Lock()
	handed := w.model.handed
	w.mu.Unlock()
	if all := totals.Recorded + totals.Duplicates + totals.Controls + counted; all > handed {
		w.problem("the tally has %d deliveries, only %d were handed out", all, handed)
	}
	if seen != counted {
		w.problem("the tally has %d quarantined, the entries were seen %d times", counted, seen)
	}
}
