package queuetest

import (
	"fmt"
	"testing"
	"time"

	"recibo/queue"
)

// Harness is what the suite needs to test one adapter.
type Harness struct {
	// Open connects to a queue of its own, fresh and empty for each call. The
	// suite calls Setup and Close.
	Open func(t testing.TB) queue.Broker
	// Reopen opens another connection to the queue of b. Nil: there is none.
	Reopen func(t testing.TB, b queue.Broker) queue.Broker
	Traits Traits
}

// Traits declares how a system differs from the port's ideal. The zero value is
// the ideal. Each text is the reason, shown where the suite skips for it.
type Traits struct {
	Unordered      string // messages may come in another order
	AttemptUnknown string // Delivery.Attempt is 0
	NoDepth        string // Depth tells neither Ready nor InFlight
	NoInFlight     string // Depth tells Ready, but not InFlight
	NoOldestAge    string // Depth tells no OldestAge
	NoSharing      string // two sources of one queue cannot both receive
	PrefixAcks     string // what was acked before something older comes again, too

	// DeadLetters says that the system has them: Source opens them.
	DeadLetters bool
	// MaxBodyBytes is the largest body that the queue takes; 0: not tested.
	MaxBodyBytes int
	// ReleaseWithin bounds "immediate redelivery" after Close; default 1 s.
	ReleaseWithin time.Duration
	// Patience bounds everything else that must happen; default 10 s.
	Patience time.Duration
	// Quiet is how long nothing must come to believe that nothing will; default
	// 300 ms. Take more than the time after which the system redelivers.
	Quiet time.Duration
}

func (t Traits) withDefaults() Traits {
	fill := func(d *time.Duration, value time.Duration) {
		if *d == 0 {
			*d = value
		}
	}
	fill(&t.ReleaseWithin, time.Second)
	fill(&t.Patience, 10*time.Second)
	fill(&t.Quiet, 300*time.Millisecond)
	return t
}

// Run tests that the adapter of h keeps the promises of the port, each in a
// subtest of its own.
func Run(t *testing.T, h Harness) {
	h.Traits = h.Traits.withDefaults()
	for _, c := range cases() {
		t.Run(c.name, func(t *testing.T) {
			if reason := c.excused(h); reason != "" {
				t.Skip("declared trait: " + reason)
			}
			if err := c.try(t, h); err != nil {
				t.Fatal(err)
			}
		})
	}
}

// testCase is one property. Checks fail by panicking through probe.failf, so
// that the suite's own tests can watch them fail.
type testCase struct {
	name  string
	skip  func(Harness) string // the declared reason not to check; nil: none
	check func(*probe)
}

func (c testCase) excused(h Harness) string {
	if c.skip == nil {
		return ""
	}
	return c.skip(h)
}

// failed is what a probe panics with.
type failed struct{ err error }

func (c testCase) try(t testing.TB, h Harness) (err error) {
	p := &probe{t: t, ctx: t.Context(), h: h, traits: h.Traits}
	defer p.cleanUp()
	defer func() {
		switch r := recover().(type) {
		case nil:
		case failed:
			err = r.err
		default:
			panic(r)
		}
	}()
	c.check(p)
	return nil
}

func (p *probe) failf(format string, args ...any) { panic(failed{fmt.Errorf(format, args...)}) }

func (p *probe) must(err error, doing string) {
	if err != nil {
		p.failf("%s: %w", doing, err)
	}
}

func cases() []testCase {
	var all []testCase
	for _, group := range [][]testCase{contentCases(), receiveCases(), settleCases(), shareCases(), publishCases(), depthCases(), lifeCases()} {
		all = append(all, group...)
	}
	return all
}
