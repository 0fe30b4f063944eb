package queuetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"recibo/queue"
)

// probe is what a check works with: one queue and everything opened on it.
type probe struct {
	t      testing.TB
	ctx    context.Context
	h      Harness
	traits Traits
	open   []interface{ Close(context.Context) error }
}

func (p *probe) cleanUp() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(p.ctx), p.traits.Patience)
	defer cancel()
	for i := len(p.open) - 1; i >= 0; i-- {
		_ = p.open[i].Close(ctx) // closing is a case of its own
	}
}

func (p *probe) patience() (context.Context, context.CancelFunc) {
	return context.WithTimeout(p.ctx, p.traits.Patience)
}

func (p *probe) broker() queue.Broker { return p.ready(p.h.Open(p.t)) }

func (p *probe) ready(b queue.Broker) queue.Broker {
	p.open = append(p.open, b)
	ctx, cancel := p.patience()
	defer cancel()
	p.must(b.Setup(ctx), "setup")
	return b
}

func (p *probe) source(b queue.Broker, messages int) queue.Source {
	ctx, cancel := p.patience()
	defer cancel()
	s, err := b.Source(ctx, queue.Want{Messages: messages, Bytes: 64 << 20})
	p.must(err, "open a source")
	p.open = append(p.open, s)
	return s
}

func (p *probe) publisher(b queue.Broker) queue.Publisher {
	ctx, cancel := p.patience()
	defer cancel()
	pub, err := b.Publisher(ctx)
	p.must(err, "open a publisher")
	p.open = append(p.open, pub)
	return pub
}

func (p *probe) publish(b queue.Broker, ms []queue.Message) {
	pub := p.publisher(b)
	ctx, cancel := p.patience()
	defer cancel()
	p.must(pub.Publish(ctx, ms), "publish")
	p.must(pub.Close(ctx), "close the publisher")
}

// collect receives until it has n deliveries, within the given time.
func (p *probe) collect(s queue.Source, n int, within time.Duration) []queue.Delivery {
	ctx, cancel := context.WithTimeout(p.ctx, within)
	defer cancel()
	var got []queue.Delivery
	for len(got) < n {
		ds, err := s.Receive(ctx, n-len(got))
		if err != nil {
			p.failf("received %d of %d messages: %w", len(got), n, err)
		}
		if len(ds) == 0 {
			p.failf("receive returned nothing and no error")
		}
		got = append(got, ds...)
	}
	return got
}

func (p *probe) receive(s queue.Source, n int) []queue.Delivery {
	return p.collect(s, n, p.traits.Patience)
}

func (p *probe) ack(s queue.Source, ds []queue.Delivery) {
	ctx, cancel := p.patience()
	defer cancel()
	p.must(s.Ack(ctx, ds), "ack")
}

func (p *probe) close(c interface{ Close(context.Context) error }) {
	ctx, cancel := p.patience()
	defer cancel()
	p.must(c.Close(ctx), "close")
}

// whatComes returns what arrives until nothing has for Traits.Quiet.
func (p *probe) whatComes(s queue.Source, limit int) []queue.Delivery {
	var got []queue.Delivery
	for {
		ctx, cancel := context.WithTimeout(p.ctx, p.traits.Quiet)
		ds, err := s.Receive(ctx, limit)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return got
		}
		p.must(err, "receive")
		got = append(got, ds...)
	}
}

func (p *probe) nothingComes(s queue.Source, why string) {
	if ds := p.whatComes(s, 100); len(ds) > 0 {
		p.failf("%s, but %d came, the first %q with attempt %d", why, len(ds), ds[0].ID, ds[0].Attempt)
	}
}

// messages returns n messages with ids "m0" and so on.
func messages(n int) []queue.Message {
	ms := make([]queue.Message, n)
	for i := range ms {
		ms[i] = queue.Message{ID: fmt.Sprintf("m%d", i), Key: fmt.Sprintf("key%d", i), Body: fmt.Appendf(nil, `{"n":%d}`, i)}
	}
	return ms
}

// count tells how often each id was delivered.
func count(ds []queue.Delivery) map[string]int {
	times := map[string]int{}
	for _, d := range ds {
		times[d.ID]++
	}
	return times
}

// each fails unless every message was delivered exactly once.
func (p *probe) each(ms []queue.Message, ds []queue.Delivery) {
	times := count(ds)
	for _, m := range ms {
		if times[m.ID] != 1 {
			p.failf("message %s came %d times, want once", m.ID, times[m.ID])
		}
	}
	if len(ds) != len(ms) {
		p.failf("%d deliveries, want %d", len(ds), len(ms))
	}
}
