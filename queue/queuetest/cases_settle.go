package queuetest

import (
	"errors"

	"recibo/queue"
)

func settleCases() []testCase {
	unknown := func(h Harness) string { return h.Traits.AttemptUnknown }
	return []testCase{
		{name: "acked messages never come again", check: checkAcked},
		{name: "unacked messages come again at once after close", check: checkReleased},
		{name: "received but never handed out comes again after close", check: checkBuffered},
		{name: "attempt grows with each delivery", check: checkAttempt, skip: unknown},
		{name: "a partial ack brings back the rest", check: checkPartialAck},
		{name: "acks across deliveries settle only what they name", check: checkScatteredAck},
		{name: "acking twice is no error", check: checkAckTwice},
		{name: "a stale receipt is no error", check: checkStale},
	}
}

func checkAcked(p *probe) {
	b := p.broker()
	p.publish(b, messages(30))
	s := p.source(b, 100)
	p.ack(s, p.receive(s, 30))
	p.nothingComes(s, "everything was acked")
	p.close(s)
	p.nothingComes(p.source(b, 100), "everything was acked before the source was closed")
}

func checkReleased(p *probe) {
	b := p.broker()
	ms := messages(30)
	p.publish(b, ms)
	s := p.source(b, 100)
	p.receive(s, 30)
	p.close(s)
	next := p.source(b, 100)
	again := p.collect(next, 30, p.traits.ReleaseWithin)
	p.each(ms, again)
	p.ack(next, again)
	p.nothingComes(next, "each was redelivered and acked")
}

// checkBuffered: what an adapter fetched ahead is released too.
func checkBuffered(p *probe) {
	b := p.broker()
	ms := messages(40)
	p.publish(b, ms)
	s := p.source(b, 100)
	first := p.receive(s, 1)
	p.ack(s, first)
	p.close(s)
	rest := p.collect(p.source(b, 100), 39, p.traits.ReleaseWithin)
	p.each(ms, append(first, rest...))
}

func checkAttempt(p *probe) {
	b := p.broker()
	p.publish(b, messages(1))
	for attempt := 1; attempt <= 4; attempt++ {
		s := p.source(b, 10)
		if d := p.receive(s, 1)[0]; d.Attempt != attempt {
			p.failf("delivery %d says attempt %d", attempt, d.Attempt)
		}
		p.close(s)
	}
}

func checkPartialAck(p *probe) {
	b := p.broker()
	ms := messages(30)
	p.publish(b, ms)
	s := p.source(b, 100)
	var settled, rest []queue.Delivery
	for i, d := range p.receive(s, 30) {
		if i%3 == 0 {
			settled = append(settled, d)
		} else {
			rest = append(rest, d)
		}
	}
	p.ack(s, settled)
	p.close(s)
	next := p.source(b, 100)
	again := p.comeAgain(next, rest)
	for id, times := range count(again) {
		if n := count(settled)[id]; n > 0 && (p.traits.PrefixAcks == "" || times > 1) {
			p.failf("acked message %s came again %d times", id, times)
		}
	}
	p.ack(next, again)
	p.nothingComes(next, "the rest was redelivered and acked")
}

// checkScatteredAck acks in another order than handed out, over several calls.
func checkScatteredAck(p *probe) {
	b := p.broker()
	p.publish(b, messages(20))
	s := p.source(b, 100)
	ds := p.receive(s, 20)
	for i := 19; i > 10; i-- {
		p.ack(s, ds[i:i+1])
	}
	p.ack(s, []queue.Delivery{ds[7], ds[0], ds[3]})
	p.close(s)
	var rest []queue.Delivery
	for _, i := range []int{1, 2, 4, 5, 6, 8, 9, 10} {
		rest = append(rest, ds[i])
	}
	again := count(p.comeAgain(p.source(b, 100), rest))
	for _, d := range rest {
		if again[d.ID] != 1 {
			p.failf("unacked message %s came again %d times, want once", d.ID, again[d.ID])
		}
	}
}

// comeAgain receives what was released: as many as the rest, or all until the
// rest has come where the system hands out more.
func (p *probe) comeAgain(s queue.Source, rest []queue.Delivery) []queue.Delivery {
	if p.traits.PrefixAcks == "" {
		return p.collect(s, len(rest), p.traits.ReleaseWithin)
	}
	var again []queue.Delivery
	for missing := count(rest); len(missing) > 0; {
		d := p.collect(s, 1, p.traits.ReleaseWithin)[0]
		delete(missing, d.ID)
		again = append(again, d)
	}
	return append(again, p.whatComes(s, 100)...)
}

func checkAckTwice(p *probe) {
	b := p.broker()
	p.publish(b, messages(5))
	s := p.source(b, 100)
	ds := p.receive(s, 5)
	p.ack(s, append(ds[:2:2], ds[0], ds[1]))
	p.ack(s, ds)
	p.ack(s, ds)
	p.ack(s, nil)
	p.publish(b, messages(1))
	p.ack(s, p.receive(s, 1))
	p.nothingComes(s, "everything was acked, some of it twice")
}

func checkStale(p *probe) {
	b := p.broker()
	p.publish(b, messages(5))
	first := p.source(b, 100)
	stale := p.receive(first, 5)
	p.close(first)
	if err := first.Ack(p.ctx, stale); err != nil && !errors.Is(err, queue.ErrClosed) {
		p.failf("ack on a closed source: %v, want nil or ErrClosed", err)
	}
	second := p.source(b, 100)
	again := p.collect(second, 5, p.traits.ReleaseWithin)
	p.must(second.Ack(p.ctx, stale[:2]), "ack with stale receipts")
	p.ack(second, again)
	p.nothingComes(second, "everything was acked")
}
