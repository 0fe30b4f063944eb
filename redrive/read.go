package redrive

import (
	"context"
	"crypto/sha256"
	"errors"
	"slices"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// reading is what could be read of a body.
type reading struct {
	wire.Message
	bad           *wire.Error // nil: it is a message
	transactionID string      // empty for control totals
	source        string
	amount        *payment.Money
}

func read(body []byte, o wire.Options) reading {
	m, err := wire.Read(body, o)
	switch bad, ok := errors.AsType[*wire.Error](err); {
	case ok:
		return reading{bad: bad, transactionID: bad.TransactionID, source: bad.Source, amount: bad.Amount}
	case m.Control != nil:
		return reading{Message: m, source: m.Control.Source}
	}
	return reading{Message: m, transactionID: m.Event.TransactionID, source: m.Event.Source, amount: &m.Event.Amount}
}

// key names what the message would be recorded as. An id of a payment is never
// as long as that of a window with its mark.
func (r *reading) key() string {
	if r.Control != nil {
		return "window\x00" + r.Control.Window.ID()
	}
	return r.transactionID
}

// print tells contents under one key apart.
func (r *reading) print() [sha256.Size]byte {
	if r.Control != nil {
		return sha256.Sum256(wire.EncodeControl(r.Control))
	}
	return payment.FingerprintOf(&r.Event)
}

// current is the body that a redrive would send.
func current(e *quarantine.Entry) []byte {
	if e.MendedBody != nil {
		return e.MendedBody
	}
	return e.Body
}

// whole reports whether there is a body to send.
func whole(e *quarantine.Entry) bool { return !e.Truncated || e.MendedBody != nil }

// standing is what is recorded under the keys of some readings.
type standing struct {
	payments map[string]*payment.Event
	controls map[string]*payment.ControlTotal
}

// lookUp finds what stands in the way of messages.
func lookUp(ctx context.Context, r store.Reader, readings []reading) (standing, error) {
	s := standing{map[string]*payment.Event{}, map[string]*payment.ControlTotal{}}
	var ids, windows []string
	for i := range readings {
		if c := readings[i].Control; c != nil {
			windows = append(windows, c.Window.ID())
		} else {
			ids = append(ids, readings[i].transactionID)
		}
	}
	// An empty list would select everything.
	for some := range slices.Chunk(distinct(ids), store.MaxPage) {
		page, err := r.Payments(ctx, store.PaymentQuery{IDs: some, Order: store.ByID})
		if err != nil {
			return s, err
		}
		for i := range page.Items {
			s.payments[page.Items[i].TransactionID] = &page.Items[i].Event
		}
	}
	for some := range slices.Chunk(distinct(windows), store.MaxPage) {
		page, err := store.ReadControls(r).Controls(ctx, store.ControlQuery{IDs: some, Order: store.ByID})
		if err != nil {
			return s, err
		}
		for i := range page.Items {
			s.controls[page.Items[i].Window.ID()] = &page.Items[i].ControlTotal
		}
	}
	return s, nil
}

func distinct(ids []string) []string {
	slices.Sort(ids)
	return slices.Compact(ids)
}

// diff compares a message with what stands; recorded is false for nothing.
func (s *standing) diff(r *reading) (ds []payment.Difference, recorded bool) {
	if r.Control != nil {
		stands := s.controls[r.Control.Window.ID()]
		if stands == nil {
			return nil, false
		}
		return payment.DiffControl(stands, r.Control), true
	}
	stands := s.payments[r.transactionID]
	if stands == nil {
		return nil, false
	}
	return payment.Diff(stands, &r.Event), true
}
