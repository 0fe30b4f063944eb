package simulator

import (
	"recibo/ledger"
	"recibo/payment"
	"recibo/queue"
)

// remembered is how many events back a duplicate or a conflict may refer to.
const remembered = 5000

// past is an event that was emitted.
type past struct {
	event    *payment.Event
	body     []byte
	versions int // conflicting ones so far, besides the event itself
}

// history is the events emitted last.
type history struct {
	ring  [remembered]past
	count int // ever added
}

func (h *history) add(m *Message) {
	h.ring[h.count%remembered] = past{event: m.Event, body: m.Body}
	h.count++
}

// pick draws one, the recent ones more often; nil when there is none yet.
func (h *history) pick(r random) *past {
	if h.count == 0 {
		return nil
	}
	back := r.skewed(min(h.count, remembered))
	return &h.ring[(h.count-1-back)%remembered]
}

// duplicate sends an event again: most often its very bytes, else as another
// system would write it.
func (g *Generator) duplicate(p *past) *Message {
	r := g.events.random
	body := p.body
	if r.below(10) < 3 {
		other := (dialectOf(p.event.Source) + 1 + r.below(len(dialects)-1)) % len(dialects)
		body = dialects[other].encode(r, p.event, 0)
	}
	return &Message{Message: queue.Message{Body: body}, Kind: ledger.Duplicate, Event: p.event}
}
