package rabbitmq_test

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
)

// TestServerIsHurt: one source and one publisher live through everything that
// can happen to a server, and work a moment after it answers again.
func TestServerIsHurt(t *testing.T) {
	t.Parallel()
	server := testserver.NewRabbitMQ(t)
	m := openStream(t, server.URL("admin", "/", "payments"))
	m.Flows(t, patience)
	// RabbitMQ 3.10 writes down after 3 s where the log of a new quorum queue is:
	// killed before, it begins it anew, without a leader.
	time.Sleep(4 * time.Second)
	frozen, rounds := 8*time.Second, 1
	if os.Getenv("RECIBO_CHAOS") != "" {
		frozen, rounds = 20*time.Second, 5
	}
	for range rounds {
		for _, tt := range []struct {
			name string
			hurt func()
		}{
			{"killed", func() { server.Kill(t); server.Start(t) }},
			{"restarted", func() { server.Restart(t) }},
			{"frozen for a moment", func() { server.Freeze(t); time.Sleep(time.Second); server.Thaw(t) }},
			{"frozen", func() { server.Freeze(t); time.Sleep(frozen); server.Thaw(t) }},
			{"connections closed by the administrator", func() { server.Control(t, "close_all_connections", "for a test") }},
		} {
			t.Run(tt.name, func(t *testing.T) {
				tt.hurt()
				m.Flows(t, 5*time.Second)
				m.Flows(t, time.Second)
			})
		}
	}
	m.Close(t)
}

// TestBlockedPublishers: an alarm of the broker blocks those that publish, not
// those that consume; Publish says so and does not hang.
func TestBlockedPublishers(t *testing.T) {
	t.Parallel()
	const largest = 64 << 10
	server := testserver.NewRabbitMQ(t, testserver.Setting("max_message_size", "65536"))
	b := ready(t, server.URL("admin", "/", "payments"))
	t.Run("too large", func(t *testing.T) { tooLarge(t, b, largest) })

	m := queuetest.NewStream(t, b, secretless)
	m.Flows(t, patience)
	publish(t, b, numbered(500, 510))
	other := dial(t, server.URL("admin", "/", "payments"))
	p := publisher(t, other)
	server.Control(t, "set_vm_memory_high_watermark", "0.0000001")
	blocked := make(chan error, 1)
	go func() { blocked <- p.Publish(context.Background(), numbered(2000, 2001)) }()
	for _, round := range []string{"first", "second"} {
		began := time.Now()
		err := m.Publisher.Publish(t.Context(), numbered(1000, 1010))
		if partial, ok := errors.AsType[*queue.PartialError](err); !ok || len(partial.Refused)+len(partial.Unknown) != 10 {
			t.Fatalf("%s publish while blocked: %v, want 10 refused or unknown", round, err)
		}
		if took := time.Since(began); took > 8*time.Second || !strings.Contains(err.Error(), "the broker has blocked publishers: low on memory") {
			t.Errorf("%s publish while blocked: %v after %v", round, err, took)
		}
		t.Logf("%v after %v", err, time.Since(began).Round(time.Millisecond))
	}
	began := time.Now()
	if err := <-blocked; err == nil {
		t.Error("another publisher was not blocked")
	}
	closing(t, other)
	if took := time.Since(began); took > time.Second {
		t.Errorf("closing took %v while blocked", took)
	}
	ds := collect(t, m.Source, 10, time.Second) // a consumer is not blocked
	ack(t, m.Source, ds)
	server.Control(t, "set_vm_memory_high_watermark", "0.4")
	m.Flows(t, 5*time.Second)
	m.Close(t)
}

// tooLarge: the one that the server does not take is found out and said to be
// too large; what was sent with it is not accepted silently.
func tooLarge(t *testing.T, b queue.Broker, largest int) {
	p := publisher(t, b)
	defer closing(t, p)
	ms := numbered(0, 40)
	ms[20].Body = make([]byte, largest+1)
	ms[30].Body = make([]byte, largest)
	partial, ok := errors.AsType[*queue.PartialError](p.Publish(t.Context(), ms))
	if !ok || !slices.Contains(partial.Refused, 20) || slices.Contains(partial.Unknown, 20) {
		t.Fatalf("%+v, want 20 to be refused", partial)
	}
	t.Logf("refused %v, unknown %v: %v", partial.Refused, partial.Unknown, partial.Err)
	seen := map[string]bool{}
	for _, d := range leftIn(t, b) {
		seen[d.ID] = true
	}
	for i, m := range ms {
		refused, unknown := slices.Contains(partial.Refused, i), slices.Contains(partial.Unknown, i)
		if (refused && seen[m.ID]) || (!refused && !unknown && !seen[m.ID]) {
			t.Errorf("message %d: refused %v, unknown %v, came %v", i, refused, unknown, seen[m.ID])
		}
	}
	// From now on the limit is known.
	partial, ok = errors.AsType[*queue.PartialError](p.Publish(t.Context(), ms))
	if !ok || !slices.Equal(partial.Refused, []int{20}) || len(partial.Unknown) > 0 || !partial.TooBig {
		t.Errorf("%+v, want 20 alone to be refused as too big", partial)
	}
	if n := len(leftIn(t, b)); n != 39 {
		t.Errorf("%d messages came, want the other 39", n)
	}
	large := queue.Message{ID: "headers", Headers: map[string]string{"x": strings.Repeat("x", 200<<10)}}
	partial, ok = errors.AsType[*queue.PartialError](p.Publish(t.Context(), []queue.Message{large}))
	if !ok || !partial.TooBig {
		t.Errorf("headers of 200 KiB: %+v, want too big", partial)
	}
}
