package recorder_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"

	"recibo/recorder"
	"recibo/store"
)

// I5: an outage of the store costs time, never data; the log has a line at each
// end and one a minute; the outage is written with the transaction that ends it.
func TestStoreOutageCostsOnlyTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.faulty.Down("connection refused")
		h.publish(event("a", "1.00"), event("b", "2.00"), `not json`)
		stop := h.start()
		time.Sleep(150 * time.Second)
		h.wantPayments()
		h.faulty.Up()
		time.Sleep(5 * time.Second)
		h.wantPayments("a 1.00", "b 2.00")
		result := stop()
		if result.Outages != 1 {
			t.Errorf("%d outages, want 1", result.Outages)
		}
		h.wantLogged("store does not answer", 1)
		h.wantLogged("store still does not answer", 2)
		h.wantLogged("oldest_age_ms=60", 1)
		h.wantLogged("oldest_age_ms=120", 1)
		h.wantLogged("store answers again", 1)
		h.wantLogged("the outage of the store is made good", 1)
		h.wantLogged("queued=", 1)
		outages := h.outages()
		if len(outages) != 1 || outages[0].Component != store.StoreComponent || outages[0].EndedAt.IsZero() ||
			outages[0].EndedAt.Sub(outages[0].BeganAt) < 150*time.Second || outages[0].LastError == "" {
			t.Errorf("outages %+v, want one of the store, ended after 150 s", outages)
		}
		h.wantOneAttempt()
		h.wantBooks()
	})
}

// What a server says while it is down may be in any encoding (a PostgreSQL in
// pt_BR.ISO-8859-1 refuses connections in that). It is kept as text that every
// store takes, or the outage could never be ended.
func TestOutageInAnotherEncoding(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.faulty.Down("conex\xe3o recusada\x00" + strings.Repeat("!", 5000))
		h.publish(event("a", "1.00"))
		stop := h.start()
		time.Sleep(5 * time.Second)
		h.faulty.Up()
		time.Sleep(5 * time.Second)
		stop()
		for _, o := range h.outages() {
			if words := o.LastError; !utf8.ValidString(words) || strings.Contains(words, "\x00") || len(words) > 1024 || !strings.Contains(words, "recusada") {
				t.Errorf("the outage's error is %q", words)
			}
		}
		h.wantPayments("a 1.00")
	})
}

// I5: an outage of the queue is written while it lasts, and ended.
func TestQueueOutageIsWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		stop := h.start()
		synctest.Wait()
		h.broker.Down()
		time.Sleep(10 * time.Second)
		if open := h.outages(); len(open) != 1 || !open[0].EndedAt.IsZero() || open[0].Component != store.QueueComponent {
			t.Errorf("outages %+v, want one of the queue, open", open)
		}
		h.broker.Up()
		h.publish(event("a", "1.00"))
		time.Sleep(10 * time.Second)
		h.wantPayments("a 1.00")
		if ended := h.outages(); len(ended) != 1 || ended[0].EndedAt.IsZero() {
			t.Errorf("outages %+v, want it ended", ended)
		}
		stop()
		h.wantLogged("queue does not answer", 1)
		h.wantLogged("queue answers again", 1)
	})
}

// A commit whose reply is lost: no loss, no double count, no false conflict,
// whether it had landed or not.
func TestLostCommitReply(t *testing.T) {
	for _, landed := range []bool{true, false} {
		t.Run(fmt.Sprintf("landed=%v", landed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.loseReply(1, landed)
				h.publish(event("a", "1.00"), event("a", "1.00"), event("a", "2.00"), `not json`)
				h.wantResult(h.record(), recorder.Result{Delivered: 4, Recorded: 1, Duplicate: 1,
					Quarantined: reasons("conflict", 1, "malformed", 1)})
				h.wantPayments("a 1.00")
				h.wantBooks()
			})
		})
	}
}

// A lost reply, and then an error for which a batch is cut up: first it is asked
// whether the batch had landed, or its pieces would be counted once more.
func TestLostReplyThenCutUp(t *testing.T) {
	for _, class := range []store.Class{store.ClassTooBig, store.ClassTooSlow, store.ClassData, store.ClassUnknownCommit} {
		for _, landed := range []bool{true, false} {
			t.Run(fmt.Sprintf("%v landed=%v", class, landed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					h := newHarness(t)
					h.loseReply(1, landed)
					h.faulty.FailNext(1, class)
					h.faulty.FailNext(2, store.ClassOutage)
					h.publish(event("a", "1.00"), event("a", "2.00"), event("b", "1.00"), `not json`)
					h.wantResult(h.record(), recorder.Result{Delivered: 4, Recorded: 2, Quarantined: reasons("conflict", 1, "malformed", 1)})
					h.wantPayments("a 1.00", "b 1.00")
					h.wantBooks()
				})
			})
		}
	}
}

// Rule 1: transient errors are redone at once, ten times, and then an outage.
func TestTransientErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.faulty.FailNext(store.RedoMost, store.ClassTransient)
		h.publish(event("a", "1.00"))
		if got := h.record(); got.Outages != 0 || got.Recorded != 1 {
			t.Errorf("%+v, want it recorded without an outage", got)
		}
		h.faulty.FailNext(store.RedoMost+1, store.ClassTransient)
		h.publish(event("b", "1.00"))
		if got := h.record(); got.Outages != 1 || got.Recorded != 1 {
			t.Errorf("%+v, want it recorded after an outage", got)
		}
		h.wantBooks()
	})
}

// Rule 1: too big is halved; alone and too big is rejected; alone and too slow
// is an outage, for ever if need be.
func TestTooBigAndTooSlow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.refuseAbove(3, store.ClassTooBig)
		h.publish(events(20)...)
		if got := h.record(); got.Recorded != 20 || got.Outages != 0 {
			t.Errorf("%+v, want 20 recorded in small pieces", got)
		}
		h.refuseAbove(0, store.ClassTooBig)
		h.publish(event("big", "1.00"))
		h.wantResult(h.record(), recorder.Result{Delivered: 1, Quarantined: reasons("rejected", 1)})
		h.refuseAbove(0, store.ClassTooSlow)
		h.publish(event("slow", "1.00"))
		if got := h.recordFor(time.Minute); got.Delivered != 0 || got.Outages != 1 {
			t.Errorf("%+v, want nothing decided and one outage", got)
		}
		h.refuseAbove(100, store.ClassTooSlow)
		h.wantResult(h.record(), recorder.Result{Delivered: 1, Recorded: 1})
		h.wantBooks()
	})
}

// Rule 1: what nobody recognises is an outage and never blamed on the data.
func TestUnknownErrorQuarantinesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.faulty.Down("no partition of relation found for row")
		h.publish(events(5)...)
		h.recordFor(time.Minute)
		h.faulty.Up()
		h.wantResult(h.record(), recorder.Result{Delivered: 5, Recorded: 5})
		if n := len(h.entries()); n != 0 {
			t.Errorf("%d good payments were quarantined", n)
		}
	})
}

// Rule 2: past the drain deadline Run returns without acking, also with the
// store down, and the queue still has everything.
func TestDrainDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.config.DrainTimeout = 7 * time.Second
		h.faulty.Down("connection refused")
		h.publish(events(5)...)
		ctx, cancel := context.WithCancel(t.Context())
		r := h.recorder()
		done := make(chan error)
		go func() { _, err := r.Run(ctx); done <- err }()
		time.Sleep(time.Second)
		began := time.Now()
		cancel()
		if err := <-done; !errors.Is(err, recorder.ErrNotDrained) {
			t.Errorf("Run says %v, want ErrNotDrained", err)
		}
		if took := time.Since(began); took > 8*time.Second {
			t.Errorf("draining took %v, want 7 s", took)
		}
		h.faulty.Up()
		h.wantResult(h.record(), recorder.Result{Delivered: 5, Recorded: 5})
	})
}

// Rule 2: a stop lets the commit in hand finish.
func TestStopFinishesWhatIsInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.slowCommits(3 * time.Second)
		h.publish(events(5)...)
		stop := h.start()
		time.Sleep(time.Second)
		if result := stop(); result.Recorded != 5 {
			t.Errorf("%+v, want the commit in hand finished", result)
		}
		h.wantDrained()
		h.wantBooks()
	})
}

// A database that went back in time (a failover that lost commits) has other
// numbers than the writer: it goes on under a new id.
func TestFencedWriterTakesNewIdentity(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.fenceOnce()
		h.publish(events(5)...)
		h.wantResult(h.record(), recorder.Result{Delivered: 5, Recorded: 5})
		h.wantLogged("lost track of this writer", 1)
		h.wantBooks()
	})
}

// Outages that a dead recorder left open are closed by the next one, and marked.
func TestAbandonedOutageIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		began := time.Now().Add(-time.Hour).UTC().Truncate(time.Millisecond)
		h.writeOutage(store.Outage{ID: "dead/queue/1", Recorder: "dead", Component: store.QueueComponent,
			Target: "memory", BeganAt: began, SeenAt: began.Add(time.Minute)})
		h.record()
		got := h.outages()
		if len(got) != 1 || !got[0].EndedAt.Equal(began.Add(time.Minute)) || got[0].ClosedBy == "" {
			t.Errorf("outages %+v, want it closed at the last sign of life, and marked", got)
		}
	})
}
