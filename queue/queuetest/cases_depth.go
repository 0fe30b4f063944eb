package queuetest

import (
	"cmp"
	"fmt"
	"time"

	"recibo/queue"
)

func depthCases() []testCase {
	return []testCase{
		{name: "depth tells ready and in flight", check: checkDepth, skip: noInFlight},
		{name: "depth adds up after a release", check: checkDepthReleased, skip: noInFlight},
		{name: "depth tells ready", check: checkReady, skip: func(h Harness) string { return h.Traits.NoDepth }},
		{name: "depth tells the age of the oldest", check: checkOldest, skip: func(h Harness) string { return h.Traits.NoOldestAge }},
	}
}

func noInFlight(h Harness) string { return cmp.Or(h.Traits.NoDepth, h.Traits.NoInFlight) }

// eventually asks for the depth until it is right: brokers count lazily.
func (p *probe) eventually(b queue.Broker, right func(queue.Depth) error) {
	ctx, cancel := p.patience()
	defer cancel()
	for {
		d, err := b.Depth(ctx)
		p.must(err, "depth")
		wrong := right(d)
		if wrong == nil {
			return
		}
		select {
		case <-ctx.Done():
			p.failf("depth: %w", wrong)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

func counts(ready, inFlight int64) func(queue.Depth) error {
	return func(d queue.Depth) error {
		if d.Ready == nil || d.InFlight == nil {
			return fmt.Errorf("ready or in flight is nil, but no trait says so")
		}
		if *d.Ready != ready || *d.InFlight != inFlight {
			return fmt.Errorf("%d ready and %d in flight, want %d and %d", *d.Ready, *d.InFlight, ready, inFlight)
		}
		return nil
	}
}

func checkDepth(p *probe) {
	b := p.broker()
	p.eventually(b, counts(0, 0))
	p.publish(b, messages(30))
	p.eventually(b, counts(30, 0))
	s := p.source(b, 30)
	ds := p.receive(s, 30)
	p.eventually(b, counts(0, 30))
	p.ack(s, ds[:12])
	p.eventually(b, counts(0, 18))
	p.ack(s, ds[12:])
	p.eventually(b, counts(0, 0))
}

// checkReady: whoever waits for a queue to be empty must not see it empty too
// early, nor wait for ever.
func checkReady(p *probe) {
	b := p.broker()
	ready := func(n int64) func(queue.Depth) error {
		return func(d queue.Depth) error {
			if d.Ready == nil || *d.Ready != n {
				return fmt.Errorf("%s ready, want %d", show(d.Ready), n)
			}
			return nil
		}
	}
	p.eventually(b, ready(0))
	p.publish(b, messages(30))
	p.eventually(b, ready(30))
	s := p.source(b, 30)
	ds := p.receive(s, 30)
	p.eventually(b, ready(0))
	p.ack(s, ds[:12])
	p.close(s)
	if p.traits.NoInFlight != "" { // else it may be in flight: see checkDepthReleased
		p.eventually(b, ready(18))
	}
}

// checkDepthReleased: systems differ in whether a released message counts as
// ready or in flight until it is handed out again, but it must count.
func checkDepthReleased(p *probe) {
	b := p.broker()
	p.publish(b, messages(30))
	s := p.source(b, 30)
	p.ack(s, p.receive(s, 30)[:10])
	p.close(s)
	p.eventually(b, func(d queue.Depth) error {
		if d.Ready == nil || d.InFlight == nil || *d.Ready+*d.InFlight != 20 {
			return fmt.Errorf("ready %v and in flight %v do not add up to 20", show(d.Ready), show(d.InFlight))
		}
		return nil
	})
}

func show(n *int64) string {
	if n == nil {
		return "nil"
	}
	return fmt.Sprint(*n)
}

func checkOldest(p *probe) {
	b := p.broker()
	p.eventually(b, noAge)
	p.publish(b, messages(2))
	began := time.Now()
	time.Sleep(p.traits.Quiet)
	p.eventually(b, func(d queue.Depth) error {
		if d.OldestAge == nil {
			return fmt.Errorf("age of the oldest is nil with 2 messages waiting")
		}
		slack := 100 * time.Millisecond // two clocks
		if *d.OldestAge < p.traits.Quiet-slack || *d.OldestAge > time.Since(began)+p.traits.Patience {
			return fmt.Errorf("age of the oldest is %v, want about %v", *d.OldestAge, time.Since(began))
		}
		return nil
	})
	s := p.source(b, 10)
	p.ack(s, p.receive(s, 2))
	p.eventually(b, noAge)
}

func noAge(d queue.Depth) error {
	if d.OldestAge != nil {
		return fmt.Errorf("age of the oldest is %v on an empty queue, want nil", *d.OldestAge)
	}
	return nil
}
