package jetstream_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"recibo/queue"
	"recibo/queue/queuetest"
)

const redeliveredWithin = 2 * time.Second

// TestKilledHostReleases: what a killed recorder held that was also the host
// comes again within 2 s of the next start.
func TestKilledHostReleases(t *testing.T) {
	dir := t.TempDir()
	first := embedded(t, dir)
	publish(t, first, numbered(0, 500))
	closing(t, first)

	c := queuetest.Spawn(t, "hold", dir)
	c.Until(t, "held", 500)
	c.Kill()

	began := time.Now()
	s := source(t, embedded(t, dir), 1000)
	got := collect(t, s, 500, redeliveredWithin)
	t.Logf("500 messages %v after the start", time.Since(began))
	distinct(t, got, 500)
}

// TestKilledHostReleasesLater: the same when the consumer's state was on disk
// for a while.
func TestKilledHostReleasesLater(t *testing.T) {
	dir := t.TempDir()
	first := embedded(t, dir)
	publish(t, first, numbered(0, 500))
	closing(t, first)

	c := queuetest.Spawn(t, "hold", dir)
	c.Until(t, "held", 500)
	time.Sleep(3 * time.Second) // several heartbeats, all held
	c.Kill()

	began := time.Now()
	s := source(t, embedded(t, dir), 1000)
	got := collect(t, s, 500, redeliveredWithin)
	t.Logf("500 messages %v after the start", time.Since(began))
	distinct(t, got, 500)
}

// TestKilledClientReleases: the same when somebody else hosts.
func TestKilledClientReleases(t *testing.T) {
	dir := t.TempDir()
	b := embedded(t, dir)
	publish(t, b, numbered(0, 500))
	c := queuetest.Spawn(t, "hold", dir)
	c.Until(t, "held", 500)
	c.Kill()
	began := time.Now()
	got := collect(t, source(t, b, 1000), 500, redeliveredWithin)
	t.Logf("500 messages %v after the kill", time.Since(began))
	distinct(t, got, 500)
}

func distinct(t *testing.T, ds []queue.Delivery, n int) {
	t.Helper()
	ids := map[string]bool{}
	for _, d := range ds {
		ids[d.ID] = true
	}
	if len(ids) < n {
		t.Errorf("%d distinct messages, want %d", len(ids), n)
	}
}

// TestKilledHostLosesNothing: a host is killed while it publishes and we read
// as a client. We take over, and every message that it was told accepted comes.
func TestKilledHostLosesNothing(t *testing.T) {
	for _, hostFirst := range []bool{true, false} {
		name := map[bool]string{true: "host killed", false: "client killed"}[hostFirst]
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var c *queuetest.Child
			if hostFirst {
				c = queuetest.Spawn(t, "publish", dir)
			}
			b := embedded(t, dir)
			if !hostFirst {
				c = queuetest.Spawn(t, "publish", dir)
			}
			s := source(t, b, 1000)
			defer closing(t, s)
			seen := map[string]bool{}
			readUntil(t, s, seen, func() bool { return len(seen) >= 500 })
			accepted := c.Kill()
			killed := time.Now()
			publishAgain(t, b, numbered(1_000_000, 1_000_100))
			t.Logf("publishing again %v after the kill", time.Since(killed))
			readUntil(t, s, seen, func() bool { return hasAll(seen, 0, accepted) && hasAll(seen, 1_000_000, 1_000_100) })
			t.Logf("%d accepted before the kill, all here %v after it", accepted, time.Since(killed))
		})
	}
}

func hasAll(seen map[string]bool, from, to int) bool {
	for _, m := range numbered(from, to) {
		if !seen[m.ID] {
			return false
		}
	}
	return true
}

// readUntil receives and acks until done, through outages.
func readUntil(t *testing.T, s queue.Source, seen map[string]bool, done func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for !done() {
		ds, err := s.Receive(ctx, 100)
		if ctx.Err() != nil {
			t.Fatalf("only %d messages came: %v", len(seen), err)
		}
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		for _, d := range ds {
			seen[d.ID] = true
		}
		_ = s.Ack(ctx, ds) // a failed ack brings a duplicate
	}
}

// publishAgain publishes through a takeover, as the simulator does: what is
// refused is tried again.
func publishAgain(t *testing.T, b queue.Broker, ms []queue.Message) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	for {
		p, err := b.Publisher(ctx)
		if err == nil {
			err = p.Publish(ctx, ms)
			closing(t, p)
		}
		if err == nil {
			return
		}
		if ctx.Err() != nil || errors.Is(err, queue.ErrClosed) {
			t.Fatal(err)
		}
		time.Sleep(20 * time.Millisecond)
	}
}
