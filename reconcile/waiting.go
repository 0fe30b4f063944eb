package reconcile

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// waiting is an entry that nobody has decided about, as far as it can be read,
// on its way through the sorter to the window it belongs to.
type waiting struct {
	Entry    string
	Source   string // with At the place among the payments
	At       time.Time
	Held     version
	Recorded *version              // what stands under its id
	Control  *payment.ControlTotal // it is no payment, but another control total
	Again    bool                  // it was placed where it belongs already; this is where Recorded does
}

// version is one content of a payment.
type version struct {
	ID     string
	Source string
	At     time.Time
	Amount *payment.Money      // nil: not readable
	Print  payment.Fingerprint // zero: not all of it is readable
}

func versionOf(e *payment.Event) version {
	return version{ID: e.TransactionID, Source: e.Source, At: e.OccurredAt, Amount: &e.Amount, Print: payment.FingerprintOf(e)}
}

// latestFirst sorts as the payments are read; copies of one id and time stand
// together.
var latestFirst = codec[waiting]{
	func(w waiting) ([]byte, error) { return json.Marshal(w) },
	func(b []byte) (w waiting, err error) { return w, json.Unmarshal(b, &w) },
	func(a, b waiting) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Held.ID, b.Held.ID),
			bytes.Compare(a.Held.Print[:], b.Held.Print[:]), cmp.Compare(a.Entry, b.Entry))
	},
}

// Pages of entries are short where their bodies are read: those may be long.
const (
	pageOfBodies   = 100
	pageOfUnbodied = 500
)

// readable reads every entry that waits, and hands on what can be placed. It
// counts those that cannot.
func (s *sweep) readable(ctx context.Context, place func(waiting) error) error {
	states := []quarantine.State{quarantine.Held, quarantine.Redriven}
	for _, q := range []store.EntryQuery{
		{Reasons: []quarantine.Reason{quarantine.Invalid, quarantine.Conflict, quarantine.Rejected}, Limit: pageOfBodies},
		// Of these only a body that somebody mended can be read.
		{Reasons: []quarantine.Reason{quarantine.TooLarge, quarantine.Malformed}, WithoutBody: true, Limit: pageOfUnbodied},
	} {
		q.States, q.Order = states, store.ByID
		entries := readAhead(ctx, func(ctx context.Context, after string) (store.Page[quarantine.Entry], error) {
			q.After = after
			return s.Reader.Entries(ctx, q)
		})
		err := s.readPages(ctx, entries, place)
		entries.stop()
		if err != nil {
			return err
		}
	}
	return nil
}

// readPages reads entries and looks what is recorded under their ids, page by
// page.
func (s *sweep) readPages(ctx context.Context, entries *ahead[quarantine.Entry], place func(waiting) error) error {
	for {
		var some []waiting
		for len(some) < store.MaxPage {
			e, err := entries.head()
			if err != nil {
				return err
			}
			if e == nil {
				break
			}
			entries.take()
			if !s.RecordedUntil.IsZero() && e.FirstSeenAt.After(s.RecordedUntil) {
				continue
			}
			w, ok := s.read(e)
			if s.note(e, &w, ok); ok {
				some = append(some, w)
			}
		}
		if len(some) == 0 {
			return nil
		}
		if err := s.lookUp(ctx, some); err != nil {
			return err
		}
		for _, w := range some {
			if err := w.place(place); err != nil {
				return err
			}
		}
	}
}

// read decodes what stands in an entry now, and reports whether that has a time
// and a source, by which it belongs to a window.
func (s *sweep) read(e *quarantine.Entry) (waiting, bool) {
	body := e.Body
	if e.MendedBody != nil {
		body = e.MendedBody
	} else if e.Truncated || body == nil {
		return waiting{}, false
	}
	options := s.Decoding
	options.MaxBytes = quarantine.MaxBody // what was too long for the recorder can be read all the same
	message, err := wire.Read(body, options)
	w := waiting{Entry: e.ID}
	if bad, isBad := errors.AsType[*wire.Error](err); isBad {
		w.Held = version{ID: bad.TransactionID, Source: bad.Source, At: bad.OccurredAt, Amount: bad.Amount}
		w.Source, w.At = bad.Source, bad.OccurredAt
		return w, !bad.OccurredAt.IsZero() && !bad.Faults.Has(payment.FieldSource)
	}
	if c := message.Control; c != nil {
		w.Control = c
		w.Source, w.At = c.Source, c.Until.Add(-time.Millisecond) // the last moment of its window
		return w, true
	}
	w.Held = versionOf(&message.Event)
	w.Source, w.At = w.Held.Source, w.Held.At
	return w, true
}

// lookUp finds what is recorded under the ids.
func (s *sweep) lookUp(ctx context.Context, some []waiting) error {
	byID := map[string]*version{}
	var ids []string
	for i := range some {
		if id := some[i].Held.ID; id != "" && byID[id] == nil {
			byID[id] = &version{}
			ids = append(ids, id)
		}
	}
	for len(ids) > 0 {
		page, err := s.Reader.Payments(ctx, store.PaymentQuery{IDs: ids[:min(len(ids), store.MaxPage)], Order: store.ByID})
		if err != nil {
			return err
		}
		for i := range page.Items {
			if p := &page.Items[i]; s.wasRecorded(p.RecordedAt) {
				*byID[p.TransactionID] = versionOf(&p.Event)
			}
		}
		ids = ids[min(len(ids), store.MaxPage):]
	}
	for i := range some {
		if v := byID[some[i].Held.ID]; v != nil && v.ID != "" {
			some[i].Recorded = v
		}
	}
	return nil
}

// place hands on what matters to a window: what is not recorded, and what would
// stand if another version of it were. The latter matters to both windows where
// the versions do not belong to one.
func (w waiting) place(to func(waiting) error) error {
	r := w.Recorded
	switch {
	case r == nil:
		return to(w)
	case w.Held.Print == payment.Fingerprint{} || w.Held.Print == r.Print:
		return nil // the sender mended it himself, or sent it again
	}
	if err := to(w); err != nil || w.Source == r.Source && w.At.Equal(r.At) {
		return err
	}
	w.Source, w.At, w.Again = r.Source, r.At, true
	return to(w)
}
