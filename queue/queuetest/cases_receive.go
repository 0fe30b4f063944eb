package queuetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"recibo/queue"
)

func receiveCases() []testCase {
	return []testCase{
		{name: "receive waits for the first message", check: checkWaits},
		{name: "receive honours its limit", check: checkLimit},
		{name: "receive does not wait for its limit", check: checkNoLinger},
		{name: "a cancelled receive loses nothing", check: checkCancelled},
		{name: "want bounds what is held", check: checkWant},
		{name: "a message larger than the wanted bytes still comes", check: checkWantBytes},
	}
}

func checkWaits(p *probe) {
	b := p.broker()
	s := p.source(b, 100)
	ctx, cancel := p.patience()
	defer cancel()
	var ds []queue.Delivery
	var err error
	began := time.Now()
	var waited time.Duration
	var wait sync.WaitGroup
	wait.Go(func() {
		ds, err = s.Receive(ctx, 10)
		waited = time.Since(began)
	})
	time.Sleep(p.traits.Quiet)
	p.publish(b, messages(1))
	wait.Wait()
	p.must(err, "receive")
	if len(ds) != 1 || waited < p.traits.Quiet {
		p.failf("receive returned %d messages after %v, want 1 after %v", len(ds), waited, p.traits.Quiet)
	}
}

func checkLimit(p *probe) {
	b := p.broker()
	ms := messages(50)
	p.publish(b, ms)
	s := p.source(b, 100)
	ctx, cancel := p.patience()
	defer cancel()
	var got []queue.Delivery
	for len(got) < len(ms) {
		ds, err := s.Receive(ctx, 7)
		p.must(err, "receive")
		if len(ds) == 0 || len(ds) > 7 {
			p.failf("receive with limit 7 returned %d messages", len(ds))
		}
		got = append(got, ds...)
	}
	p.each(ms, got)
}

func checkNoLinger(p *probe) {
	b := p.broker()
	p.publish(b, messages(3))
	ctx, cancel := p.patience()
	defer cancel()
	ds, err := p.source(b, 1000).Receive(ctx, 1000)
	p.must(err, "receive")
	if len(ds) == 0 || len(ds) > 3 {
		p.failf("receive returned %d messages, want 1 to 3", len(ds))
	}
}

func checkCancelled(p *probe) {
	b := p.broker()
	s := p.source(b, 100)
	gone, cancel := context.WithCancel(p.ctx)
	cancel()
	if _, err := s.Receive(gone, 10); !errors.Is(err, context.Canceled) {
		p.failf("receive with a cancelled context: %v, want context.Canceled", err)
	}
	ms := messages(60)
	var wait sync.WaitGroup
	wait.Go(func() {
		for i := 0; i < len(ms); i += 3 {
			pub, err := b.Publisher(p.ctx)
			if err == nil {
				_ = pub.Publish(p.ctx, ms[i:i+3])
				_ = pub.Close(p.ctx)
			}
		}
	})
	got := p.impatiently(s, len(ms))
	wait.Wait()
	p.each(ms, got)
}

// impatiently receives n messages with contexts that end at random moments.
func (p *probe) impatiently(s queue.Source, n int) []queue.Delivery {
	var got []queue.Delivery
	deadline := time.Now().Add(p.traits.Patience)
	for turn := 0; len(got) < n && time.Now().Before(deadline); turn++ {
		ctx, cancel := context.WithTimeout(p.ctx, time.Duration(turn%20)*200*time.Microsecond)
		ds, err := s.Receive(ctx, 2)
		cancel()
		if err != nil && !errors.Is(err, context.DeadlineExceeded) {
			p.failf("receive: %w", err)
		}
		got = append(got, ds...)
	}
	return got
}

func checkWant(p *probe) {
	b := p.broker()
	ms := messages(50)
	p.publish(b, ms)
	s := p.source(b, 10)
	var got []queue.Delivery
	for len(got) < len(ms) {
		held := p.whatComes(s, 50)
		if len(held) == 0 || len(held) > 10 {
			p.failf("%d messages handed out before an ack, want 1 to 10", len(held))
		}
		got = append(got, held...)
		p.ack(s, held)
	}
	p.each(ms, got)
}

func checkWantBytes(p *probe) {
	b := p.broker()
	ms := []queue.Message{{ID: "a", Key: "k", Body: make([]byte, 5000)}, {ID: "b", Key: "k", Body: make([]byte, 9000)}, {ID: "c", Key: "k", Body: []byte("c")}}
	p.publish(b, ms)
	ctx, cancel := p.patience()
	defer cancel()
	s, err := b.Source(ctx, queue.Want{Messages: 10, Bytes: 1000})
	p.must(err, "open a source")
	p.open = append(p.open, s)
	var got []queue.Delivery
	for len(got) < len(ms) {
		ds, err := s.Receive(ctx, 1)
		p.must(err, "receive")
		p.ack(s, ds)
		got = append(got, ds...)
	}
	p.each(ms, got)
}
