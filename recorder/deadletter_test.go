package recorder_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"recibo/quarantine"
	"recibo/queue"
	"recibo/queue/queuetest"
	"recibo/recorder"
	"recibo/store"
)

// withDeadLetters is a broker with dead letters.
type withDeadLetters struct {
	*queuetest.Faulty
	dead queue.Broker
	err  error // of opening the dead letters
}

func (b *withDeadLetters) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if !w.DeadLetters {
		return b.Faulty.Source(ctx, w)
	}
	if b.err != nil {
		return nil, b.err
	}
	w.DeadLetters = false
	return b.dead.Source(ctx, w)
}

func publishTo(t *testing.T, b queue.Broker, ms ...queue.Message) {
	t.Helper()
	p, err := b.Publisher(t.Context())
	if err == nil {
		err = p.Publish(t.Context(), ms)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// Rule 13: what a broker dead-lettered goes the way of everything else: good
// events are recorded, bad ones get their true reason, the headers are kept.
func TestDeadLettersAreRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		b := &withDeadLetters{Faulty: h.broker, dead: queuetest.NewMemory()}
		death := map[string]string{"x-first-death-reason": "delivery_limit"}
		h.publish(event("a", "1.00"), event("b", "1.00"))
		publishTo(t, b.dead,
			queue.Message{ID: "1", Body: []byte(event("b", "1.00")), Headers: death},
			queue.Message{ID: "2", Body: []byte(event("c", "1.00")), Headers: death},
			queue.Message{ID: "3", Body: []byte("rubbish"), Headers: death})
		h.config.DeadLetters, h.config.UntilIdle, h.config.ID = true, 2*time.Second, "r"
		got, err := recorder.New(b, h.guard, h.config).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.wantResult(got, recorder.Result{Delivered: 5, Recorded: 3, Duplicate: 1, Quarantined: map[quarantine.Reason]int64{quarantine.Malformed: 1}})
		h.wantPayments("a 1.00", "b 1.00", "c 1.00")
		h.wantBooks()
		entries, err := h.memory.Reader().Entries(t.Context(), store.EntryQuery{})
		if err != nil || len(entries.Items) != 1 || entries.Items[0].Headers["x-first-death-reason"] != "delivery_limit" {
			t.Errorf("entries %+v, error %v; want one with the broker's header", entries.Items, err)
		}
		for name, left := range map[string]queue.Broker{"queue": h.broker, "dead letters": b.dead} {
			if d, err := left.Depth(t.Context()); err != nil || *d.Ready+*d.InFlight != 0 {
				t.Errorf("%s: depth %+v, error %v; want nothing left", name, d, err)
			}
		}
	})
}

// A broker without dead letters is no error; dead letters that cannot be
// opened for good are.
func TestDeadLettersThatAreNotThere(t *testing.T) {
	for name, test := range map[string]struct{ err, want error }{
		"none":          {queue.ErrNoDeadLetters, nil},
		"misconfigured": {&queue.ConfigError{Target: "memory:", Err: errOwn}, errOwn},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				h := newHarness(t)
				h.publish(event("a", "1.00"))
				h.config.DeadLetters, h.config.UntilIdle, h.config.ID = true, 2*time.Second, "r"
				_, err := recorder.New(&withDeadLetters{Faulty: h.broker, err: test.err}, h.guard, h.config).Run(t.Context())
				if !errors.Is(err, test.want) {
					t.Errorf("error %v, want %v", err, test.want)
				}
				if test.want == nil {
					h.wantPayments("a 1.00")
				}
			})
		})
	}
}

var errOwn = errors.New("the test's own")

// An outage of the queue is over when the queue answers again, also if nothing
// is in it that could be delivered.
func TestOutageOfAnEmptyQueueEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.broker.BeforeReceive = queuetest.FailReceives(3)
		ctx, stop := context.WithCancel(t.Context())
		h.config.ID = "r"
		r := recorder.New(h.broker, h.guard, h.config)
		done := make(chan error, 1)
		go func() {
			_, err := r.Run(ctx)
			done <- err
		}()
		time.Sleep(5 * time.Second)
		if p := r.Progress(); p.QueueDown != "" || p.Outages != 1 {
			t.Errorf("%d outages, the last one %q; want one that is over", p.Outages, p.QueueDown)
		}
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
		h.wantLogged("queue answers again", 1)
	})
}

// One outage that both feeds meet is one, and lasts until both have an answer.
func TestOutageOfBothFeedsIsOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		dead := &queuetest.Faulty{Broker: queuetest.NewMemory()}
		h.broker.BeforeReceive, dead.BeforeReceive = queuetest.FailReceives(3), queuetest.FailReceives(6)
		h.publish(event("a", "1.00"))
		h.config.DeadLetters, h.config.UntilIdle, h.config.ID = true, 5*time.Second, "r"
		got, err := recorder.New(&withDeadLetters{Faulty: h.broker, dead: dead}, h.guard, h.config).Run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		h.wantResult(got, recorder.Result{Delivered: 1, Recorded: 1, Outages: 1})
		h.wantLogged("queue does not answer", 1)
		h.wantLogged("queue answers again", 1)
	})
}

// unopened is a broker that once refuses to open a source, and then hangs.
type unopened struct {
	*queuetest.Faulty
	asked bool
}

func (b *unopened) Source(ctx context.Context, _ queue.Want) (queue.Source, error) {
	if !b.asked {
		b.asked = true
		return nil, errOwn
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// A stop while the queue has not answered yet is no answer of the queue.
func TestStopBeforeTheQueueAnswers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newHarness(t)
		h.config.ID = "r"
		ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
		defer stop()
		if _, err := recorder.New(&unopened{Faulty: h.broker}, h.guard, h.config).Run(ctx); err != nil {
			t.Error(err)
		}
		h.wantLogged("queue does not answer", 1)
		h.wantLogged("queue answers again", 0)
	})
}
