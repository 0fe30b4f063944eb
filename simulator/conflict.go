package simulator

import (
	"time"

	"recibo/ledger"
	"recibo/payment"
	"recibo/queue"
)

// mostVersions bounds the conflicting versions of one event, so that each can
// say something else.
const mostVersions = 500

// conflict sends the id of an event with other content. The number of versions
// so far goes into the change, so that no two versions say the same.
func (g *Generator) conflict(p *past) *Message {
	r := g.events.random
	e := *p.event
	version := p.versions
	p.versions++
	switch n := r.below(100); {
	case n < 50:
		e.Amount.Minor += int64(1000*version + 1 + r.below(1000))
	case n < 70:
		e.PayeeAccount = g.events.parties.other(e.PayeeAccount, version)
	case n < 80:
		e.PayerAccount = g.events.parties.other(e.PayerAccount, version)
	case n < 95:
		e.OccurredAt = e.OccurredAt.Add(time.Duration(60*version+1+r.below(60)) * time.Second)
	default:
		e.Method = otherMethod(r, e.Method)
		e.Amount.Minor += int64(1000 * version)
	}
	body := dialects[dialectOf(e.Source)].encode(r, &e, 0)
	return &Message{Message: queue.Message{Body: body}, Kind: ledger.Conflict, Event: &e}
}

// other returns an account that is not the given one, another for each version.
func (ps *parties) other(account string, version int) string {
	if other := ps.people[version].account; other != account {
		return other
	}
	return ps.merchants[version].account
}

func otherMethod(r random, method string) string {
	for {
		if other := pick(r, methods); other != method {
			return other
		}
	}
}

// plain is a valid event in reais to make something faulty of, and the number
// that keeps its body from being like any other.
func (g *Generator) plain() (e *payment.Event, serial uint64) {
	g.faulty++
	return g.events.next(true), g.faulty
}
