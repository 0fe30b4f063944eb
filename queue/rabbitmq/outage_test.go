package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"go.uber.org/goleak"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
)

func openStream(t *testing.T, address string) *queuetest.Stream {
	t.Helper()
	return queuetest.NewStream(t, ready(t, address), secretless)
}

// TestConsumesAfterEveryDrop: after each of many breaks the source really
// consumes.
func TestConsumesAfterEveryDrop(t *testing.T) {
	t.Parallel()
	server := testserver.RabbitMQ(t)
	proxy := server.Proxy(t)
	m := openStream(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
	for i := range 20 {
		proxy.Drop()
		time.Sleep(time.Duration(i%5) * 10 * time.Millisecond) // at another moment of the reconnection
		if i%3 == 0 {
			proxy.Drop()
		}
		m.Flows(t, patience)
	}
	m.Close(t)
}

// TestOutageIsToldAndEnds: while the server is away Receive answers with an
// error and Publish refuses; what is short is not told.
func TestOutageIsToldAndEnds(t *testing.T) {
	server := testserver.RabbitMQ(t)
	before := goleak.IgnoreCurrent()
	proxy := server.Proxy(t)
	b := ready(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
	m := queuetest.NewStream(t, b, secretless)
	m.Flows(t, patience)
	time.Sleep(100 * time.Millisecond) // or its acks go under, too

	short, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	proxy.Drop()
	if _, err := m.Source.Receive(short, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("receive during a short break: %v, want nothing to be told", err)
	}
	cancel()

	proxy.Cut()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	_, err := m.Source.Receive(ctx, 1)
	if err == nil || ctx.Err() != nil {
		t.Fatalf("receive during the outage: %v after %v", err, time.Since(began))
	}
	t.Logf("told after %v: %v", time.Since(began).Round(time.Millisecond), err)
	secretless(t, err.Error())
	err = m.Publisher.Publish(ctx, numbered(1000, 1003))
	if partial, ok := errors.AsType[*queue.PartialError](err); !ok || len(partial.Refused) != 3 || partial.TooBig {
		t.Errorf("publish during the outage: %v, want 3 refused", err)
	}
	if _, err := b.Depth(ctx); err == nil {
		t.Error("a depth was told during the outage")
	}
	proxy.Restore()
	m.Flows(t, 5*time.Second)
	m.Close(t)
	closing(t, b)
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("recibo/internal/testserver.(*Proxy).accept"))
}

// TestHalfOpen: a connection on which nothing comes any more, or goes, is given
// up.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	server := testserver.RabbitMQ(t)
	for name, direction := range map[string]testserver.Direction{
		"nothing comes": testserver.ToClient, "nothing goes": testserver.ToServer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := server.Proxy(t)
			m := openStream(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
			m.Flows(t, patience)
			proxy.Stall(direction)
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			began := time.Now()
			if _, err := m.Source.Receive(ctx, 1); err == nil || ctx.Err() != nil {
				t.Fatalf("receive on a half-open connection: %v after %v", err, time.Since(began))
			} else {
				t.Logf("told after %v: %v", time.Since(began).Round(time.Millisecond), err)
			}
			proxy.Restore()
			m.Flows(t, patience)
			m.Close(t)
		})
	}
}

// TestCutInTheMiddle of a delivery, an ack or a publish: nothing is lost, and
// what Publish says is true.
func TestCutInTheMiddle(t *testing.T) {
	t.Parallel()
	server := testserver.RabbitMQ(t)
	for _, tt := range []struct {
		name string
		at   testserver.Trigger
	}{
		{"before a delivery", testserver.Trigger{Direction: testserver.ToClient, Pattern: []byte(`{"n":20}`), When: testserver.Before}},
		{"after a delivery", testserver.Trigger{Direction: testserver.ToClient, Pattern: []byte(`{"n":20}`), When: testserver.After}},
		{"before a publish", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(`{"n":20}`), When: testserver.Before}},
		{"after a publish", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(`{"n":20}`), When: testserver.After}},
		{"before its confirm", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(`{"n":20}`), When: testserver.AfterReply}},
		{"in the middle of a frame", testserver.Trigger{Direction: testserver.ToServer, Bytes: 3001}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			proxy := server.Proxy(t)
			b := ready(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
			p, s := publisher(t, b), source(t, b, 100)
			struck := proxy.CutWhen(tt.at)
			ms := numbered(0, 60)
			fate := map[string]string{}
			if err := p.Publish(t.Context(), ms); err != nil {
				partial, ok := errors.AsType[*queue.PartialError](err)
				if !ok {
					t.Fatal(err)
				}
				for _, i := range partial.Refused {
					fate[ms[i].ID] = "refused"
				}
				for _, i := range partial.Unknown {
					fate[ms[i].ID] = "unknown"
				}
			}
			seen := map[string]int{}
			for _, d := range untilQuiet(t, s) {
				seen[d.ID]++
			}
			<-struck
			for _, m := range ms {
				if got := seen[m.ID]; (fate[m.ID] == "" && got == 0) || (fate[m.ID] == "refused" && got > 0) {
					t.Errorf("message %s was %q and came %d times", m.ID, fmt.Sprint(fate[m.ID]), got)
				}
			}
			closing(t, s)
		})
	}
}

// untilQuiet receives and acks until nothing comes for a while. Outages are
// waited out.
func untilQuiet(t *testing.T, s queue.Source) []queue.Delivery {
	t.Helper()
	var all []queue.Delivery
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		ds, err := s.Receive(ctx, 100)
		quiet := ctx.Err() != nil
		cancel()
		if quiet {
			return all
		}
		if err == nil {
			err = s.Ack(t.Context(), ds)
		}
		if err != nil {
			t.Log(err)
			time.Sleep(20 * time.Millisecond)
		}
		all = append(all, ds...)
	}
}
