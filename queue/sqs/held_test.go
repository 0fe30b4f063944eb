package sqs_test

import (
	"context"
	"encoding/json"
	"os"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
)

// TestHeldIsKeptHidden: what is held for three times its visibility timeout,
// handed out or in the buffer, goes to nobody else and burns no receive; the
// heartbeats are few and go ten at a time; after Close everything comes at once,
// for the second time.
func TestHeldIsKeptHidden(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	front := inFront(t, server)
	address := with(server.URL(server.Queue(t)), "visibility_timeout", "2")
	other := ready(t, address)
	publish(t, other, numbered(0, 300))
	held, err := dial(t, through(front.addr, address)).Source(t.Context(), queue.Want{Messages: 300})
	if err != nil {
		t.Fatal(err)
	}
	collect(t, held, 100, patience)
	eventually(t, "all are in flight", func() bool {
		d, err := other.Depth(t.Context())
		_, _ = held.Receive(t.Context(), 1) // until the source has fetched them all
		return err == nil && *d.Ready == 0 && *d.InFlight == 300
	})
	began, before := time.Now(), len(front.asked("ChangeMessageVisibilityBatch"))
	watcher := source(t, other, 1000)
	for time.Since(began) < 6*time.Second {
		if d, err := other.Depth(t.Context()); err != nil || *d.InFlight != 300 {
			t.Fatalf("depth %+v, %v after %v", d, err, time.Since(began))
		}
		time.Sleep(100 * time.Millisecond)
	}
	closing(t, watcher)
	beats := front.asked("ChangeMessageVisibilityBatch")[before:]
	most := 0
	for _, body := range beats {
		most = max(most, entries(t, body))
	}
	if rounds := int(time.Since(began)/time.Second) + 1; most > 10 || len(beats) < 3*30 || len(beats) > 2*rounds*30 {
		t.Errorf("%d heartbeats of up to %d messages in %v, want about 30 a second", len(beats), most, time.Since(began))
	}
	t.Logf("%d heartbeats in %v", len(beats), time.Since(began))
	if receives := len(front.asked("ReceiveMessage")); receives > 60 {
		t.Errorf("%d receives while nothing more may be held", receives)
	}

	before = len(front.asked("ChangeMessageVisibilityBatch"))
	closing(t, held)
	if n := len(front.asked("ChangeMessageVisibilityBatch")) - before; n > 30+30 { // and one last round of heartbeats
		t.Errorf("%d requests to give back 300 messages", n)
	}
	began = time.Now()
	for _, d := range collect(t, source(t, other, 1000), 300, patience) {
		if d.Attempt != 2 {
			t.Fatalf("%s comes for the %d. time, want the second", d.Position, d.Attempt)
		}
	}
	t.Logf("given back and received again after %v", time.Since(began))
}

// entries is how many messages a batch names.
func entries(t *testing.T, body string) int {
	t.Helper()
	var batch struct{ Entries []any }
	if err := json.Unmarshal([]byte(body), &batch); err != nil {
		t.Fatal(err)
	}
	return len(batch.Entries)
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for began := time.Now(); !is(); time.Sleep(20 * time.Millisecond) {
		if time.Since(began) > patience {
			t.Fatalf("%s: not within %v", what, patience)
		}
	}
}

// TestKilledRecorderReleases: what a killed recorder held comes again after its
// visibility timeout, and not before. A poll that it had on the way may take ten
// messages more away for as long again.
func TestKilledRecorderReleases(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	for _, suffix := range []string{"", ".fifo"} {
		t.Run("queue"+suffix, func(t *testing.T) {
			t.Parallel()
			killedRecorder(t, with(server.URL(server.Queue(t)+suffix), "visibility_timeout", "8"))
		})
	}
}

func killedRecorder(t *testing.T, address string) {
	b := ready(t, address)
	publish(t, b, numbered(0, 200))
	c := queuetest.Spawn(t, "hold", address)
	c.Until(t, "held", 200)
	time.Sleep(5 * time.Second) // with heartbeats
	c.Kill()
	killed := time.Now()
	got := collect(t, source(t, b, 1000), 200, 2*patience)
	t.Logf("%d messages %v after the kill", len(got), time.Since(killed))
	if took := time.Since(killed); took < time.Second || took > 40*time.Second {
		t.Errorf("they came after %v, want 4 to 16 seconds on a quiet machine", took)
	}
	seen, times := map[string]bool{}, map[int]int{}
	for _, d := range got {
		seen[d.ID] = true
		times[d.Attempt]++
	}
	if len(seen) != 200 || times[2] < 190 || times[2]+times[3] != 200 {
		t.Errorf("%d distinct messages; so many by attempt: %v", len(seen), times)
	}
}

// TestKilledPublisher: what a killed publisher was told to be accepted is there.
func TestKilledPublisher(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	address := server.URL(server.Queue(t))
	b := ready(t, address)
	c := queuetest.Spawn(t, "publish", address)
	c.Until(t, "accepted", 300)
	accepted := c.Kill()
	seen := map[string]bool{}
	for _, d := range leftIn(t, b) {
		seen[d.ID] = true
	}
	for _, m := range numbered(0, accepted) {
		if !seen[m.ID] {
			t.Errorf("%s was accepted and is not there", m.ID)
		}
	}
}

// TestLostToItsTimeout: a message whose time is over, because nobody kept it
// hidden, goes to somebody else; acking it late is no error.
func TestLostToItsTimeout(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	proxy := server.Proxy(t)
	address := with(server.URL(server.Queue(t)), "visibility_timeout", "2")
	b := ready(t, address)
	publish(t, b, numbered(0, 10))
	late := source(t, dial(t, through(proxy.Addr(), address)), 10)
	stale := collect(t, late, 10, patience)
	proxy.Cut()
	again := source(t, b, 10)
	ds := collect(t, again, 10, patience) // after two seconds
	proxy.Restore()
	if err := late.Ack(t.Context(), stale); err != nil {
		t.Errorf("a late ack: %v", err)
	}
	ack(t, again, ds)
	closing(t, late)
	closing(t, again)
	if left := leftIn(t, b); len(left) > 0 {
		t.Errorf("%d messages are left", len(left))
	}
}

// TestComesAgainWhileHeld: a message that comes a second time to the same
// source is not handed out twice, and is acked by its newer receipt.
func TestComesAgainWhileHeld(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	front := inFront(t, server)
	b := ready(t, with(through(front.addr, server.URL(server.Queue(t))), "visibility_timeout", "2"))
	publish(t, b, numbered(0, 10))
	s := source(t, b, 20)
	ds := collect(t, s, 10, patience)
	heard := front.deafTo("ChangeMessageVisibilityBatch")
	before := len(front.asked("ReceiveMessage"))
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if twice, err := s.Receive(ctx, 10); err == nil {
		t.Errorf("%d messages came twice", len(twice))
	}
	if n := len(front.asked("ReceiveMessage")); n == before {
		t.Error("nothing was received meanwhile")
	}
	heard()
	ack(t, s, ds)
	closing(t, s)
	if left := leftIn(t, b); len(left) > 0 {
		t.Errorf("%d messages are left, the first with attempt %d", len(left), left[0].Attempt)
	}
}

// TestSourceThatWaitsIsCheap: an idle source asks seldom, and one at a time.
func TestSourceThatWaitsIsCheap(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	front := inFront(t, server)
	s := source(t, ready(t, through(front.addr, server.URL(server.Queue(t)))), 100)
	lasts, most := 8*time.Second, 6
	if os.Getenv("RECIBO_CHAOS") != "" {
		lasts, most = time.Minute, 10
	}
	done := make(chan error, 1)
	go func() {
		_, err := s.Receive(t.Context(), 10)
		done <- err
	}()
	time.Sleep(lasts)
	if n := len(front.asked("ReceiveMessage")); n > most {
		t.Errorf("%d polls in %v", n, lasts)
	}
	began := time.Now()
	closing(t, s)
	if err := <-done; err == nil || time.Since(began) > 4*time.Second {
		t.Errorf("%v, %v after Close", err, time.Since(began))
	}
}
