package recorder_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/recorder"
	"recibo/store"
)

// A header alone makes nothing of other bytes, also where the entry has mended
// bodies, one now and one before.
func TestForgedBodyOfAMendedEntry(t *testing.T) {
	for _, mendings := range []int{1, 2} {
		synctest.Test(t, func(t *testing.T) {
			h := newHarness(t)
			h.publish(bad)
			h.record()
			for range mendings {
				h.mend(h.held(), event("m", "1.50"))
			}
			h.step(h.held(), quarantine.Redriven)
			h.send(back(h.held(), 1, event("x", "7.00")))
			h.record()
			h.wantPayments("x 7.00")
			if p := h.payments()[0]; p.EntryID != "" {
				t.Errorf("the payment claims to come from %s", p.EntryID)
			}
			if e := h.held(); e.State != quarantine.Redriven || e.Seen != 1 {
				t.Errorf("the entry is %s, seen %d", e.State, e.Seen)
			}
		})
	}
}

// A conflict's detail names every field that differs.
func TestConflictDetail(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "1.00"))
		h.record()
		h.publish(strings.Replace(event("a", "2.00"), `"P"`, `"O"`, 1))
		h.record()
		const want = "this transaction_id is recorded with another amount, payer_account"
		if got := h.held().Detail; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// A run in which nothing goes wrong warns of nothing.
func TestNothingToWarnOf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.config.Batch, h.config.Writers = 3, 2 // many transactions of each writer
		h.publish(events(20)...)
		h.record()
		h.wantLogged("level=WARN", 0)
		stop := h.start()
		time.Sleep(time.Minute)
		h.broker.Down()
		time.Sleep(10 * time.Second)
		h.broker.Up()
		time.Sleep(10 * time.Second)
		stop()
		h.wantLogged("level=WARN", 1)
		h.wantLogged("queue does not answer", 1)
	})
}

// told is a broker whose depth is what the test says, and that notes what is
// wanted of it.
type told struct {
	queue.Broker
	depth func() (queue.Depth, error)

	mu   sync.Mutex
	want queue.Want
}

func (b *told) Depth(context.Context) (queue.Depth, error) { return b.depth() }

func (b *told) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	b.mu.Lock()
	b.want = w
	b.mu.Unlock()
	return b.Broker.Source(ctx, w)
}

// A recorder stops when all that its broker can tell is that nothing is left,
// and not while it does not answer, or another one holds something.
func TestIdleIsWhatTheBrokerTells(t *testing.T) {
	none, some := int64(0), int64(1)
	for _, c := range []struct {
		name  string
		depth queue.Depth
		err   error
		idle  bool
	}{
		{"nothing", queue.Depth{Ready: &none, InFlight: &none}, nil, true},
		{"it cannot tell", queue.Depth{}, nil, true},
		{"only what is ready", queue.Depth{Ready: &none}, nil, true},
		{"something is ready", queue.Depth{Ready: &some, InFlight: &none}, nil, false},
		{"something is held", queue.Depth{Ready: &none, InFlight: &some}, nil, false},
		{"something is held, and it tells no more", queue.Depth{InFlight: &some}, nil, false},
		{"no answer", queue.Depth{}, errors.New("gone"), false},
		{"no answer, but numbers", queue.Depth{Ready: &none, InFlight: &none}, errors.New("gone"), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.config.UntilIdle, h.config.ID = 10*time.Second, "r"
				h.config.Writers, h.config.Batch = 2, 5
				b := &told{Broker: h.broker, depth: func() (queue.Depth, error) { return c.depth, c.err }}
				h.publish(event("a", "1.00"))
				h.faulty.Down("gone")
				time.AfterFunc(70*time.Second, h.faulty.Up)
				ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
				defer cancel()
				began := time.Now()
				if _, err := recorder.New(b, h.guard, h.config).Run(ctx); err != nil {
					t.Fatal(err)
				}
				if took := time.Since(began); (took < 2*time.Minute) != c.idle || took < 80*time.Second {
					t.Errorf("it ran for %v, want it to stop: %t", took, c.idle)
				}
				h.wantPayments("a 1.00")
				h.wantLogged("store still does not answer", 1) // with the age that the recorder knows itself
				story := 1
				if c.depth.Ready == &some { // that had queued up, and is not done with
					story = 0
				}
				h.wantLogged("the outage of the store is made good", story)
				if b.want.Messages != 2*5*3 || b.want.Bytes != 64<<20 {
					t.Errorf("it wanted %+v", b.want)
				}
			})
		})
	}
}

// An outage whose recorder gives no sign any more is closed, by whatever clock
// its times are; one that gives signs is not, nor is the recorder's own.
func TestSilentOutageIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		stop := h.start()
		time.Sleep(time.Second)
		ahead := time.Now().Add(time.Hour).UTC() // a clock that is wrong
		silent := store.Outage{ID: "x/queue/1", Recorder: "x", Component: store.QueueComponent, Target: "t", BeganAt: ahead, SeenAt: ahead}
		alive := store.Outage{ID: "y/queue/1", Recorder: "y", Component: store.QueueComponent, Target: "t", BeganAt: ahead, SeenAt: ahead}
		own := store.Outage{ID: "z/queue/1", Recorder: "recorder-1", Component: store.QueueComponent, Target: "t", BeganAt: ahead, SeenAt: ahead}
		h.writeOutage(silent)
		h.writeOutage(own)
		for n := range 30 { // a minute
			alive.SeenAt = alive.SeenAt.Add(time.Second)
			h.writeOutage(alive)
			time.Sleep(2 * time.Second)
			for _, o := range h.outages() {
				if n < 14 && !o.EndedAt.IsZero() {
					t.Fatalf("%s is closed after %d s", o.ID, 2*n)
				}
			}
		}
		for _, o := range h.outages() {
			if closed := !o.EndedAt.IsZero(); closed != (o.ID == silent.ID) || closed != (o.ClosedBy == "recorder-1") {
				t.Errorf("%s: ended %v, closed by %q", o.ID, o.EndedAt, o.ClosedBy)
			}
		}
		stop()
		h.wantLogged("closed an outage that a dead recorder left open", 1)
	})
}

// The story of an outage waits for what is held, however many were done with
// before it.
func TestStoryCountsFromItsEnd(t *testing.T) {
	const story = "the outage of the store is made good"
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.config.Batch, h.config.Writers = 1, 1
		h.publish(events(30)...)
		stop := h.start()
		time.Sleep(time.Second)
		h.faulty.Down("gone")
		for i := range 9 {
			h.publish(event("later-"+string(rune('a'+i)), "1.00"))
		}
		time.Sleep(20 * time.Second)
		h.slowCommits(time.Second)
		h.faulty.Up()
		time.Sleep(7 * time.Second)
		h.wantLogged(story, 0)
		time.Sleep(10 * time.Second)
		if n := h.logged(story, "queued"); n != 9 {
			t.Errorf("%d had queued up, want 9", n)
		}
		if ms := h.logged(story, "drained_ms"); ms < 8_000 || ms > 10_000 {
			t.Errorf("drained in %d ms, want some 9 s", ms)
		}
		stop()
	})
}

// Outages of both components that end together are both written.
func TestTwoOutagesAreWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.publish(event("a", "1.00"))
		h.faulty.Down("gone")
		stop := h.start()
		time.Sleep(10 * time.Second)
		h.broker.Down()
		time.Sleep(10 * time.Second)
		h.faulty.Up()
		time.Sleep(10 * time.Second)
		h.broker.Up()
		time.Sleep(20 * time.Second)
		stop()
		if os := h.outages(); len(os) != 2 || os[0].EndedAt.IsZero() || os[1].EndedAt.IsZero() || os[0].Component == os[1].Component {
			t.Errorf("outages %+v, want one of each, ended", os)
		}
		h.wantLogged("could not be written", 0)
	})
}
