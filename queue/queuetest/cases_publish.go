package queuetest

import (
	"context"
	"errors"
	"slices"

	"recibo/queue"
)

func publishCases() []testCase {
	return []testCase{
		{name: "2500 messages in one publish", check: checkManyAtOnce},
		{name: "publishing nothing is fine", check: checkPublishNothing},
		{name: "a cancelled publish says what became of it", check: checkPublishCancelled},
		{name: "too big is refused and said so", check: checkTooBig, skip: func(h Harness) string {
			if h.Traits.MaxBodyBytes == 0 {
				return "no limit declared"
			}
			return ""
		}},
	}
}

func checkManyAtOnce(p *probe) {
	b := p.broker()
	ms := messages(2500)
	p.publish(b, ms)
	s := p.source(b, 3000)
	got := p.receive(s, len(ms))
	p.each(ms, got)
	p.ack(s, got)
	p.nothingComes(s, "everything was acked")
}

func checkPublishNothing(p *probe) {
	b := p.broker()
	p.publish(b, nil)
	p.nothingComes(p.source(b, 10), "nothing was published")
}

// partial fails unless err is a *PartialError whose indexes are in range and in
// one list only.
func (p *probe) partial(err error, n int) *queue.PartialError {
	var partial *queue.PartialError
	if !errors.As(err, &partial) {
		p.failf("publish: %v, want a *queue.PartialError", err)
	}
	named := slices.Concat(partial.Refused, partial.Unknown)
	slices.Sort(named)
	if len(named) == 0 || len(slices.Compact(slices.Clone(named))) != len(named) || named[0] < 0 || named[len(named)-1] >= n {
		p.failf("refused %v and unknown %v are no partition of %d messages", partial.Refused, partial.Unknown, n)
	}
	return partial
}

// fate fails if a message came that was refused, or one did not that was accepted.
func (p *probe) fate(s queue.Source, ms []queue.Message, partial *queue.PartialError) {
	came := count(p.whatComes(s, 100))
	for i, m := range ms {
		refused, unknown := slices.Contains(partial.Refused, i), slices.Contains(partial.Unknown, i)
		if refused && came[m.ID] > 0 {
			p.failf("refused message %s was delivered", m.ID)
		}
		if !refused && !unknown && came[m.ID] != 1 {
			p.failf("accepted message %s came %d times, want once", m.ID, came[m.ID])
		}
	}
}

func checkPublishCancelled(p *probe) {
	b := p.broker()
	ms := messages(40)
	pub := p.publisher(b)
	gone, cancel := context.WithCancel(p.ctx)
	cancel()
	err := pub.Publish(gone, ms)
	partial := &queue.PartialError{}
	if err != nil {
		partial = p.partial(err, len(ms))
	}
	p.fate(p.source(b, 100), ms, partial)
}

func checkTooBig(p *probe) {
	b := p.broker()
	ms := messages(3)
	ms[1].Body = make([]byte, p.traits.MaxBodyBytes+1)
	pub := p.publisher(b)
	ctx, cancel := p.patience()
	defer cancel()
	partial := p.partial(pub.Publish(ctx, ms), len(ms))
	if !slices.Contains(partial.Refused, 1) {
		p.failf("refused %v, want the oversized message 1 among them", partial.Refused)
	}
	if len(partial.Refused) == 1 && !partial.TooBig {
		p.failf("the refusal does not say that it is for the size")
	}
	s := p.source(b, 100)
	p.fate(s, ms, partial)
	alone := p.partial(pub.Publish(ctx, ms[1:2]), 1)
	if !alone.TooBig || len(alone.Refused) != 1 {
		p.failf("alone: refused %v, too big %v", alone.Refused, alone.TooBig)
	}
}
