package queuetest

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"recibo/queue"
)

// broken is a Memory with one promise broken. The functions replace what a
// right adapter does; nil ones leave it right.
type broken struct {
	*Memory
	log      *memoryLog
	setup    func(b *broken) error
	source   func(b *broken, w queue.Want) (queue.Source, error)
	receive  func(ctx context.Context, s *brokenSource, limit int) ([]queue.Delivery, error)
	ack      func(s *brokenSource, ds []queue.Delivery) error
	release  func(s *brokenSource) error
	publish  func(p *brokenPublisher, ms []queue.Message) error
	depth    func(queue.Depth) queue.Depth
	closing  func(b *broken) error
	anySlots bool // sources ignore what may be held
}

type brokenSource struct {
	*memorySource
	b *broken
}

type brokenPublisher struct {
	*memoryPublisher
	b *broken
}

func (b *broken) Setup(ctx context.Context) error {
	if b.setup != nil {
		return b.setup(b)
	}
	return b.Memory.Setup(ctx)
}

func (b *broken) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if b.source != nil {
		return b.source(b, w)
	}
	if b.anySlots {
		w.Messages = 0
	}
	s, err := b.Memory.Source(ctx, w)
	if err != nil {
		return nil, err
	}
	return &brokenSource{s.(*memorySource), b}, nil
}

func (b *broken) Publisher(ctx context.Context) (queue.Publisher, error) {
	p, err := b.Memory.Publisher(ctx)
	if err != nil {
		return nil, err
	}
	return &brokenPublisher{p.(*memoryPublisher), b}, nil
}

func (b *broken) Depth(ctx context.Context) (queue.Depth, error) {
	d, err := b.Memory.Depth(ctx)
	if b.depth != nil {
		d = b.depth(d)
	}
	return d, err
}

func (b *broken) Close(ctx context.Context) error {
	if b.closing != nil {
		return b.closing(b)
	}
	return b.Memory.Close(ctx)
}

func (s *brokenSource) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	if s.b.receive != nil {
		return s.b.receive(ctx, s, limit)
	}
	return s.memorySource.Receive(ctx, limit)
}

func (s *brokenSource) Ack(ctx context.Context, ds []queue.Delivery) error {
	if s.b.ack != nil {
		return s.b.ack(s, ds)
	}
	return s.memorySource.Ack(ctx, ds)
}

func (s *brokenSource) Close(ctx context.Context) error {
	if s.b.release != nil {
		return s.b.release(s)
	}
	return s.memorySource.Close(ctx)
}

func (p *brokenPublisher) Publish(ctx context.Context, ms []queue.Message) error {
	if p.b.publish != nil {
		return p.b.publish(p, ms)
	}
	return p.memoryPublisher.Publish(ctx, ms)
}

// altered returns a broken broker that changes each delivery.
func altered(change func(d *queue.Delivery)) *broken {
	return &broken{receive: func(ctx context.Context, s *brokenSource, limit int) ([]queue.Delivery, error) {
		ds, err := s.memorySource.Receive(ctx, limit)
		for i := range ds {
			change(&ds[i])
		}
		return ds, err
	}}
}

// filtered returns a broken broker that publishes only what keep keeps.
func filtered(keep func(seen map[string]bool, m queue.Message) bool) *broken {
	seen := map[string]bool{}
	return &broken{publish: func(p *brokenPublisher, ms []queue.Message) error {
		ms = slices.DeleteFunc(slices.Clone(ms), func(m queue.Message) bool { return !keep(seen, m) })
		return p.memoryPublisher.Publish(context.Background(), ms)
	}}
}

func once(seen map[string]bool, key string) bool {
	first := !seen[key]
	seen[key] = true
	return first
}

// TestSuiteCatchesBrokenBrokers: each broken promise is caught by the case
// that is there for it. Fake time makes the waiting free.
func TestSuiteCatchesBrokenBrokers(t *testing.T) {
	caught := map[string]bool{}
	for _, tt := range brokenBrokers() {
		caught[tt.by] = true
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				if err := tryCase(t, tt.by, tt.broken); err == nil {
					t.Fatalf("case %q did not catch it", tt.by)
				} else {
					t.Log(err)
				}
			})
		})
	}
	for _, c := range cases() {
		if !caught[c.name] {
			t.Errorf("no broken broker proves that case %q can fail", c.name)
		}
	}
}

func tryCase(t *testing.T, name string, newBroken func() *broken) error {
	return tryCaseWith(t, name, Traits{MaxBodyBytes: 1 << 20}, newBroken)
}

func tryCaseWith(t *testing.T, name string, traits Traits, newBroken func() *broken) error {
	h := Harness{
		Open: func(testing.TB) queue.Broker {
			b := newBroken()
			b.Memory = NewMemory()
			b.log = b.Memory.log
			return b
		},
		Reopen: func(_ testing.TB, b queue.Broker) queue.Broker {
			again := newBroken()
			again.Memory = &Memory{log: b.(*broken).log, done: make(chan struct{})}
			return again
		},
		Traits: traits.withDefaults(),
	}
	i := slices.IndexFunc(cases(), func(c testCase) bool { return c.name == name })
	if i < 0 {
		t.Fatalf("no case %q", name)
	}
	return cases()[i].try(t, h)
}

// TestSuiteSkipsOnlyForReasons: a declared trait excuses its cases, and the
// ideal none.
func TestSuiteSkipsOnlyForReasons(t *testing.T) {
	ideal := Harness{Reopen: func(_ testing.TB, b queue.Broker) queue.Broker { return b }, Traits: Traits{MaxBodyBytes: 1}}
	for _, c := range cases() {
		if reason := c.excused(ideal); reason != "" {
			t.Errorf("case %q is skipped for the ideal: %s", c.name, reason)
		}
	}
	lesser := Harness{Traits: Traits{Unordered: "u", AttemptUnknown: "a", NoDepth: "d", NoOldestAge: "o", NoSharing: "s"}}
	skipped := 0
	for _, c := range cases() {
		if c.excused(lesser) != "" {
			skipped++
		}
	}
	if skipped != 12 {
		t.Errorf("%d cases are skipped for the least able system, want 12", skipped)
	}
	needing := []string{"depth tells ready and in flight", "depth adds up after a release"}
	for _, c := range cases() {
		excused := c.excused(Harness{Traits: Traits{NoInFlight: "f"}}) == "f"
		if excused != slices.Contains(needing, c.name) {
			t.Errorf("case %q: skipped %v where in flight is not told", c.name, excused)
		}
	}
}

// TestPrefixAcksExcuseNoLoss: where acked messages may come again, unacked ones
// still must.
func TestPrefixAcksExcuseNoLoss(t *testing.T) {
	traits := Traits{PrefixAcks: "p"}
	ack := func(f func(s *brokenSource, ds []queue.Delivery) error) func() *broken {
		return func() *broken { return &broken{ack: f} }
	}
	for _, name := range []string{"a partial ack brings back the rest", "acks across deliveries settle only what they name"} {
		synctest.Test(t, func(t *testing.T) {
			if err := tryCaseWith(t, name, traits, ack(nil)); err != nil {
				t.Errorf("%s: %v, though nothing is broken", name, err)
			}
			if err := tryCaseWith(t, name, traits, ack(settleAll)); err == nil {
				t.Errorf("%s: did not catch that unacked messages are gone", name)
			}
		})
	}
}

// TestPatienceIsBounded: a broker that never delivers fails in time.
func TestPatienceIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		err := tryCase(t, "receive honours its limit", func() *broken {
			return filtered(func(map[string]bool, queue.Message) bool { return false })
		})
		if !errors.Is(err, context.DeadlineExceeded) || time.Since(began) > 15*time.Second {
			t.Fatalf("%v after %v, want the deadline after 10 s", err, time.Since(began))
		}
	})
}

func upper(d *queue.Delivery) { d.Body = bytes.ToUpper(d.Body) }
