package queuetest

import (
	"context"
	"fmt"
	"sync"

	"recibo/queue"
)

func shareCases() []testCase {
	alone := func(h Harness) string { return h.Traits.NoSharing }
	return []testCase{
		{name: "two sources share without both getting", check: checkShare, skip: alone},
		{name: "another source takes over what one released", check: checkTakeOver, skip: alone},
		{name: "concurrent publishers and sources lose nothing", check: checkConcurrent, skip: alone},
		{name: "one source serves several goroutines", check: checkGoroutines},
	}
}

func checkShare(p *probe) {
	b := p.broker()
	one, two := p.source(b, 20), p.source(b, 20)
	ms := messages(60)
	p.publish(b, ms)
	var got []queue.Delivery
	for turn := 0; len(got) < len(ms) && turn < 60; turn++ {
		for _, s := range []queue.Source{one, two} {
			ds := p.whatComes(s, 20)
			p.ack(s, ds)
			got = append(got, ds...)
		}
	}
	p.each(ms, got)
}

func checkTakeOver(p *probe) {
	b := p.broker()
	ms := messages(20)
	p.publish(b, ms)
	one := p.source(b, 100)
	p.receive(one, 20)
	two := p.source(b, 100)
	p.nothingComes(two, "the first source holds everything")
	p.close(one)
	p.each(ms, p.collect(two, 20, p.traits.ReleaseWithin))
}

// workers runs sources and publishers at once, and keeps their first error:
// a probe must not fail outside the goroutine of the test.
type workers struct {
	ctx  context.Context
	stop context.CancelFunc
	wait sync.WaitGroup

	mu  sync.Mutex
	err error
	got []queue.Delivery
}

func (w *workers) fail(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err == nil && err != nil {
		w.err = err
	}
	w.stop()
}

// take notes ds and stops all once there are n.
func (w *workers) take(ds []queue.Delivery, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.got = append(w.got, ds...)
	if len(w.got) >= n {
		w.stop()
	}
}

func (w *workers) receive(s queue.Source, n int) {
	for w.ctx.Err() == nil {
		ds, err := s.Receive(w.ctx, 50)
		if err == nil {
			err = s.Ack(context.WithoutCancel(w.ctx), ds)
		}
		if err != nil && w.ctx.Err() == nil {
			w.fail(fmt.Errorf("receive and ack: %w", err))
			return
		}
		w.take(ds, n)
	}
}

func (w *workers) publish(pub queue.Publisher, ms []queue.Message) {
	for len(ms) > 0 {
		n := min(25, len(ms))
		// What was received last may be acknowledged to its publisher after that.
		if err := pub.Publish(context.WithoutCancel(w.ctx), ms[:n]); err != nil {
			w.fail(fmt.Errorf("publish: %w", err))
			return
		}
		ms = ms[n:]
	}
}

func checkConcurrent(p *probe) {
	b := p.broker()
	ms := messages(1200)
	w := &workers{}
	w.ctx, w.stop = p.patience()
	defer w.stop()
	for range 3 {
		s := p.source(b, 200)
		w.wait.Go(func() { w.receive(s, len(ms)) })
	}
	for i := range 4 {
		pub := p.publisher(b)
		w.wait.Go(func() { w.publish(pub, ms[i*300:(i+1)*300]) })
	}
	w.wait.Wait()
	p.must(w.err, "concurrent work")
	p.each(ms, w.got)
}

func checkGoroutines(p *probe) {
	b := p.broker()
	ms := messages(600)
	w := &workers{}
	w.ctx, w.stop = p.patience()
	defer w.stop()
	s, pub := p.source(b, 200), p.publisher(b)
	for i := range 3 {
		w.wait.Go(func() { w.receive(s, len(ms)) })
		w.wait.Go(func() { w.publish(pub, ms[i*200:(i+1)*200]) })
	}
	w.wait.Wait()
	p.must(w.err, "concurrent work")
	p.each(ms, w.got)
}
