package queuetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"recibo/queue"
)

func lifeCases() []testCase {
	return []testCase{
		{name: "setup twice is fine", check: checkSetupTwice},
		{name: "closed ends answer ErrClosed", check: checkClosed},
		{name: "close ends a waiting receive", check: checkCloseWaiting},
		{name: "close twice is fine", check: checkCloseTwice},
		{name: "closing one source leaves the others", check: checkCloseOne, skip: func(h Harness) string { return h.Traits.NoSharing }},
		{name: "dead letters are there or said not to be", check: checkDeadLetters},
		{name: "messages outlive the connection", check: checkOutlive, skip: func(h Harness) string {
			if h.Reopen == nil {
				return "the queue cannot be reopened"
			}
			return ""
		}},
	}
}

func checkSetupTwice(p *probe) {
	b := p.broker()
	ms := messages(3)
	p.publish(b, ms)
	ctx, cancel := p.patience()
	defer cancel()
	p.must(b.Setup(ctx), "second setup")
	p.each(ms, p.receive(p.source(b, 10), 3))
}

func (p *probe) wantClosed(err error, of string) {
	if !errors.Is(err, queue.ErrClosed) {
		p.failf("%s: %v, want ErrClosed", of, err)
	}
}

func checkClosed(p *probe) {
	b := p.broker()
	s, pub := p.source(b, 10), p.publisher(b)
	ctx, cancel := p.patience()
	defer cancel()
	p.close(s)
	_, err := s.Receive(ctx, 1)
	p.wantClosed(err, "receive on a closed source")
	p.close(pub)
	p.wantClosed(pub.Publish(ctx, messages(1)), "publish on a closed publisher")
	p.close(b)
	_, err = b.Source(ctx, queue.Want{Messages: 1})
	p.wantClosed(err, "source of a closed broker")
	_, err = b.Publisher(ctx)
	p.wantClosed(err, "publisher of a closed broker")
	_, err = b.Depth(ctx)
	p.wantClosed(err, "depth of a closed broker")
}

func checkCloseWaiting(p *probe) {
	b := p.broker()
	s := p.source(b, 10)
	ctx, cancel := p.patience()
	defer cancel()
	var err error
	var wait sync.WaitGroup
	wait.Go(func() { _, err = s.Receive(ctx, 1) })
	time.Sleep(p.traits.Quiet)
	p.close(s)
	wait.Wait()
	p.wantClosed(err, "receive that waited while the source was closed")
}

func checkCloseTwice(p *probe) {
	b := p.broker()
	for _, c := range []interface{ Close(context.Context) error }{p.source(b, 10), p.publisher(b), b} {
		p.close(c)
		p.close(c)
	}
}

func checkCloseOne(p *probe) {
	b := p.broker()
	first, second := p.source(b, 10), p.source(b, 10)
	p.close(first)
	ms := messages(20)
	p.publish(b, ms[:10])
	got := p.receive(second, 10)
	p.ack(second, got)
	p.publish(b, ms[10:])
	p.each(ms, append(got, p.receive(second, 10)...))
}

func checkDeadLetters(p *probe) {
	b := p.broker()
	ctx, cancel := p.patience()
	defer cancel()
	s, err := b.Source(ctx, queue.Want{Messages: 10, Bytes: 1 << 20, DeadLetters: true})
	if p.traits.DeadLetters {
		p.must(err, "open dead letters")
		p.open = append(p.open, s)
		p.nothingComes(s, "nothing was dead-lettered")
		return
	}
	if !errors.Is(err, queue.ErrNoDeadLetters) {
		p.failf("source of dead letters: %v, want ErrNoDeadLetters", err)
	}
}

func checkOutlive(p *probe) {
	b := p.broker()
	ms := messages(30)
	p.publish(b, ms)
	s := p.source(b, 100)
	settled := p.receive(s, 30)[:10]
	p.ack(s, settled)
	p.close(s)
	again := p.ready(p.h.Reopen(p.t, b))
	p.close(b)
	rest := p.source(again, 100)
	p.each(ms, append(settled, p.collect(rest, 20, p.traits.Patience)...))
}
