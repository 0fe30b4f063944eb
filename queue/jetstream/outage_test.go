package jetstream_test

import (
	"context"
	"errors"
	"testing"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"

	"recibo/queue"
)

// TestOutageIsToldAndEnds: Receive answers with an error while the server is
// away, Publish refuses, and afterwards the same source really consumes.
func TestOutageIsToldAndEnds(t *testing.T) {
	u := newUserServer(t)
	b := u.dial(t, "payments")
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	p, err := b.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := source(t, b, 100)
	u.stop()
	stopped := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if _, err := s.Receive(ctx, 1); err == nil || ctx.Err() != nil {
		t.Fatalf("receive during the outage: %v after %v", err, time.Since(stopped))
	}
	t.Logf("told after %v", time.Since(stopped))
	var partial *queue.PartialError
	if err := p.Publish(ctx, numbered(0, 3)); !errors.As(err, &partial) || len(partial.Refused) != 3 {
		t.Fatalf("publish during the outage: %v, want 3 refused", err)
	}
	if err := s.Ack(ctx, nil); err != nil {
		t.Errorf("ack of nothing: %v", err)
	}
	startUserServer(t, u.dir, u.port)
	seen := map[string]bool{}
	for round := range 3 { // more than one pull
		publishAgain(t, b, numbered(round*100, round*100+100))
		readUntil(t, s, seen, func() bool { return hasAll(seen, 0, round*100+100) })
	}
	closing(t, s)
	closing(t, b)
}

// TestDeletedConsumerIsMadeAgain, where the stream is ours.
func TestDeletedConsumerIsMadeAgain(t *testing.T) {
	u := newUserServer(t)
	b := u.dial(t, "payments")
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	s := source(t, b, 100)
	if err := u.admin(t).DeleteConsumer(t.Context(), "payments", "recibo"); err != nil {
		t.Fatal(err)
	}
	publish(t, b, numbered(0, 10))
	seen := map[string]bool{}
	readUntil(t, s, seen, func() bool { return len(seen) == 10 })
}

// TestStreamMadeAnew: receipts of a stream that is gone must not settle what
// has the same sequence in the next one.
func TestStreamMadeAnew(t *testing.T) {
	u := newUserServer(t)
	b := u.dial(t, "payments")
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, b, numbered(0, 10))
	s := source(t, b, 100)
	stale := collect(t, s, 10, 5*time.Second)
	if err := u.admin(t).DeleteStream(t.Context(), "payments"); err != nil {
		t.Fatal(err)
	}
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	publishAgain(t, b, numbered(100, 110))
	seen := map[string]bool{}
	for _, d := range collect(t, s, 10, 10*time.Second) {
		seen[d.ID] = true
	}
	if !hasAll(seen, 100, 110) {
		t.Fatalf("received %v, want the messages of the new stream", seen)
	}
	if err := s.Ack(t.Context(), stale); err != nil {
		t.Errorf("ack of stale receipts: %v", err)
	}
	closing(t, s)
	if again := collect(t, source(t, b, 100), 10, 5*time.Second); again[0].Attempt != 2 {
		t.Errorf("attempt %d, want 2", again[0].Attempt)
	}
}

// TestHeldIsKeptAlive: what is held, handed out or not, through several times
// the redelivery time is not redelivered, and burns no attempt.
func TestHeldIsKeptAlive(t *testing.T) {
	const ackWait = 3 * time.Second // long enough for a busy machine
	u := newUserServer(t)
	js := u.admin(t)
	if _, err := js.CreateStream(t.Context(), natsjs.StreamConfig{Name: "payments"}); err != nil {
		t.Fatal(err)
	}
	config := natsjs.ConsumerConfig{Durable: "recibo", AckPolicy: natsjs.AckExplicitPolicy, AckWait: ackWait}
	if _, err := js.CreateConsumer(t.Context(), "payments", config); err != nil {
		t.Fatal(err)
	}
	b := u.dial(t, "payments")
	publish(t, b, numbered(0, 200))
	holder := source(t, b, 200)
	collect(t, holder, 1, 5*time.Second) // the others stay in the buffer, or were handed out too
	other := source(t, b, 200)
	ctx, cancel := context.WithTimeout(t.Context(), 2*ackWait+ackWait/2)
	defer cancel()
	if ds, err := other.Receive(ctx, 1); err == nil {
		t.Fatalf("%d messages were redelivered, the first %q", len(ds), ds[0].ID)
	}
	closing(t, holder)
	for _, d := range collect(t, other, 200, 2*time.Second) {
		if d.Attempt != 2 {
			t.Fatalf("message %s has attempt %d, want 2", d.ID, d.Attempt)
		}
	}
}

func messagesLeft(t *testing.T, js natsjs.JetStream, stream string) uint64 {
	t.Helper()
	s, err := js.Stream(t.Context(), stream)
	if err != nil {
		t.Fatal(err)
	}
	return s.CachedInfo().State.Msgs
}

// TestPurge: acked messages leave streams that Recibo made, up to the first
// that is unacked, and no other stream.
func TestPurge(t *testing.T) {
	u := newUserServer(t)
	js := u.admin(t)
	if _, err := js.CreateStream(t.Context(), natsjs.StreamConfig{Name: "foreign"}); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"payments", "foreign"} {
		b := u.dial(t, name)
		if err := b.Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
		publish(t, b, numbered(0, 100))
		s := source(t, b, 200)
		ds := collect(t, s, 100, 5*time.Second)
		if err := s.Ack(t.Context(), append(ds[:60:60], ds[61:]...)); err != nil {
			t.Fatal(err)
		}
	}
	for deadline := time.Now().Add(15 * time.Second); messagesLeft(t, js, "payments") != 40; time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d messages left, want the unacked one and the 39 after it", messagesLeft(t, js, "payments"))
		}
	}
	if left := messagesLeft(t, js, "foreign"); left != 100 {
		t.Errorf("%d of 100 messages are left in a foreign stream", left)
	}
}

// TestPurgeSparesOtherConsumers: what another consumer has not acked stays.
func TestPurgeSparesOtherConsumers(t *testing.T) {
	u := newUserServer(t)
	js := u.admin(t)
	b := u.dial(t, "payments")
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := js.CreateConsumer(t.Context(), "payments", natsjs.ConsumerConfig{Durable: "audit", AckPolicy: natsjs.AckExplicitPolicy}); err != nil {
		t.Fatal(err)
	}
	publish(t, b, numbered(0, 50))
	s := source(t, b, 100)
	if err := s.Ack(t.Context(), collect(t, s, 50, 5*time.Second)); err != nil {
		t.Fatal(err)
	}
	time.Sleep(5 * time.Second) // two purges: there is no event for one that removes nothing
	if left := messagesLeft(t, js, "payments"); left != 50 {
		t.Errorf("%d of 50 messages are left for the other consumer", left)
	}
}
