package recorder

import (
	"errors"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/queue"
	"recibo/store"
	"recibo/wire"
)

// item is a delivery on its way, decoded: a payment, a control total, or the
// fault that keeps it from being either.
type item struct {
	feed     *feed
	delivery queue.Delivery
	payment  store.Payment
	control  *store.Control // then payment is none
	bad      *wire.Error    // then it is neither
	claim    *claim         // nil unless it says that it comes from quarantine
}

// fate is what a transaction decided about an item. It stands once the
// transaction has committed.
type fate struct {
	kind   store.Fate
	reason quarantine.Reason // of a quarantined one
}

func decode(it *item, d queue.Delivery, c *Config) {
	it.delivery = d
	it.claim = claimOf(d.Headers)
	message, err := wire.Read(d.Body, c.Decode)
	switch {
	case err != nil:
		it.bad, _ = errors.AsType[*wire.Error](err)
	case message.Control != nil:
		it.control = &store.Control{ControlTotal: *message.Control, Queue: c.Queue, Position: d.Position}
	default:
		it.payment = store.Payment{
			Event: message.Event, Fingerprint: payment.FingerprintOf(&message.Event),
			Queue: c.Queue, Position: d.Position,
		}
	}
}

// entry makes the quarantine entry of an item.
func (it *item) entry(reason quarantine.Reason, detail string, fields []quarantine.FieldError, queueName string, now time.Time) *quarantine.Entry {
	e := quarantine.New(reason, it.delivery.Body, detail, fields, now)
	e.Queue, e.Position = queueName, it.delivery.Position
	e.Headers = quarantine.Headers(it.delivery.Headers)
	switch {
	case it.bad != nil:
		e.TransactionID, e.Amount = it.bad.TransactionID, it.bad.Amount
	case it.control == nil:
		amount := it.payment.Amount
		e.TransactionID, e.Amount = it.payment.TransactionID, &amount
	}
	return e
}
