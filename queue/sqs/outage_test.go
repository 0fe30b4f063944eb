package sqs_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
	"recibo/queue/sqs"
)

// openStream hides messages for two seconds: a poll that is cut may take some
// away.
func openStream(t *testing.T, address string) *queuetest.Stream {
	t.Helper()
	return queuetest.NewStream(t, ready(t, with(address, "visibility_timeout", "2")), secretless)
}

func secretless(t *testing.T, text string) {
	t.Helper()
	for _, secret := range []string{testserver.Password, "s3cret"} {
		if strings.Contains(text, secret) {
			t.Errorf("the secret is in %q", text)
		}
	}
}

func hasStruck(t *testing.T, struck <-chan struct{}) {
	t.Helper()
	select {
	case <-struck:
	case <-time.After(patience):
		t.Fatal("nothing was cut")
	}
}

// TestServerIsHurt: one source and one publisher live through everything that
// can happen to a server that keeps its messages on disk, and work a moment
// after it answers again.
func TestServerIsHurt(t *testing.T) {
	t.Parallel()
	server := testserver.NewElasticMQ(t, testserver.Persistent())
	m := openStream(t, server.URL(server.Queue(t)))
	m.Flows(t, patience)
	for _, tt := range []struct {
		name string
		hurt func()
	}{
		{"killed", func() { server.Kill(t); server.Start(t) }},
		{"restarted", func() { server.Restart(t) }},
		{"frozen for a moment", func() { server.Freeze(t); time.Sleep(time.Second); server.Thaw(t) }},
		{"frozen", func() { server.Freeze(t); time.Sleep(8 * time.Second); server.Thaw(t) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.hurt()
			m.Flows(t, 15*time.Second)
			m.Flows(t, 10*time.Second)
		})
	}
	m.Close(t)
}

// TestKillLosesNothingAccepted: what the server had accepted, and what was
// received and not acked, is there after kill -9.
func TestKillLosesNothingAccepted(t *testing.T) {
	t.Parallel()
	server := testserver.NewElasticMQ(t, testserver.Persistent())
	b := ready(t, with(server.URL(server.Queue(t)), "visibility_timeout", "2"))
	publish(t, b, numbered(0, 100))
	s := source(t, b, 100)
	ds := collect(t, s, 100, patience)
	ack(t, s, ds[:40])
	server.Kill(t)
	server.Start(t)
	if err := s.Ack(t.Context(), ds[40:50]); err != nil {
		t.Errorf("ack after the restart: %v", err)
	}
	closing(t, s)
	seen := map[string]bool{}
	for _, d := range leftIn(t, b) {
		seen[d.ID] = true
	}
	for _, d := range ds[50:] {
		if !seen[d.ID] {
			t.Errorf("%s is lost", d.ID)
		}
	}
	if len(seen) > 60 {
		t.Errorf("%d came again, want 50 or up to 60", len(seen))
	}
}

// TestConsumesAfterEveryDrop: after each of many breaks the source really
// consumes.
func TestConsumesAfterEveryDrop(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	proxy := server.Proxy(t)
	m := openStream(t, through(proxy.Addr(), server.URL(server.Queue(t))))
	for i := range 8 {
		proxy.Drop()
		time.Sleep(time.Duration(i%5) * 10 * time.Millisecond) // at another moment of the reconnection
		if i%3 == 0 {
			proxy.Drop()
		}
		m.Flows(t, patience)
	}
	m.Close(t)
}

// lines is a log that a test can look at.
type lines struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// TestOutageIsToldAndEnds: while the server is away Receive answers with an
// error and Publish refuses; what is short is not told; nothing tells a secret.
func TestOutageIsToldAndEnds(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	proxy := server.Proxy(t)
	address := with(through(proxy.Addr(), server.URL(server.Queue(t))), "visibility_timeout", "2")
	log := &lines{}
	b, err := sqs.Dial(t.Context(), address, sqs.Options{Log: textLog(log)})
	if err != nil {
		t.Fatal(err)
	}
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	m := queuetest.NewStream(t, b, secretless)
	m.Flows(t, patience)

	short, cancel := context.WithTimeout(t.Context(), 700*time.Millisecond)
	proxy.Drop()
	if _, err := m.Source.Receive(short, 1); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("receive during a short break: %v, want nothing to be told", err)
	}
	cancel()

	publish(t, b, numbered(500, 520))
	held := collect(t, m.Source, 20, patience)
	proxy.Cut()
	began := time.Now()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	_, err = m.Source.Receive(ctx, 1)
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
	failing, stop := context.WithTimeout(t.Context(), time.Second)
	defer stop()
	if err := m.Source.Ack(failing, held[:1]); err == nil {
		t.Error("an ack during the outage went well")
	}
	proxy.Restore()
	m.Flows(t, 10*time.Second)
	m.Close(t)
	closing(t, b)
	secretless(t, log.String())
}

// TestHalfOpen: a connection on which nothing comes any more, or goes, is given
// up.
func TestHalfOpen(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	for name, direction := range map[string]testserver.Direction{
		"nothing comes": testserver.ToClient, "nothing goes": testserver.ToServer,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := server.Proxy(t)
			m := openStream(t, through(proxy.Addr(), server.URL(server.Queue(t))))
			m.Flows(t, patience)
			proxy.Stall(direction)
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			began := time.Now()
			if _, err := m.Source.Receive(ctx, 1); err == nil || ctx.Err() != nil {
				t.Fatalf("receive on a half-open connection: %v after %v", err, time.Since(began))
			} else {
				t.Logf("told after %v: %v", time.Since(began).Round(time.Millisecond), err)
			}
			proxy.Restore()
			m.Flows(t, 15*time.Second)
			m.Close(t)
		})
	}
}

// TestCutInTheMiddle of sending, receiving or acking: nothing is lost, and what
// Publish says is true.
func TestCutInTheMiddle(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	const twenty = `{\"n\":20}`
	for _, tt := range []struct {
		name string
		at   testserver.Trigger
	}{
		{"before a send", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(twenty), When: testserver.Before}},
		{"after a send", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(twenty), When: testserver.After}},
		{"before its answer", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(twenty), When: testserver.AfterReply}},
		{"in the middle of a request", testserver.Trigger{Direction: testserver.ToServer, Bytes: 3001}},
		{"before a delivery", testserver.Trigger{Direction: testserver.ToClient, Pattern: []byte(twenty), When: testserver.Before}},
		{"after a delivery", testserver.Trigger{Direction: testserver.ToClient, Pattern: []byte(twenty), When: testserver.After}},
		{"before a delete", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("DeleteMessageBatch"), When: testserver.Before}},
		{"before the answer to a delete", testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("DeleteMessageBatch"), When: testserver.AfterReply}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			proxy := server.Proxy(t)
			b := ready(t, with(through(proxy.Addr(), server.URL(server.Queue(t))), "visibility_timeout", "2"))
			p, s := publisher(t, b), source(t, b, 100)
			struck := proxy.CutWhen(tt.at)
			ms := numbered(0, 60)
			fate := fates(t, ms, p.Publish(t.Context(), ms))
			seen := map[string]int{}
			for _, d := range untilQuiet(t, s) {
				seen[d.ID]++
			}
			hasStruck(t, struck)
			for _, m := range ms {
				if got := seen[m.ID]; (fate[m.ID] == "" && got == 0) || (fate[m.ID] == "refused" && got > 0) {
					t.Errorf("message %s was %q and came %d times", m.ID, fmt.Sprint(fate[m.ID]), got)
				}
			}
			closing(t, s)
		})
	}
}

// fates is what an error of Publish says of each message that was not accepted.
func fates(t *testing.T, ms []queue.Message, err error) map[string]string {
	t.Helper()
	all := map[string]string{}
	if err == nil {
		return all
	}
	partial, ok := errors.AsType[*queue.PartialError](err)
	if !ok {
		t.Fatal(err)
	}
	for _, i := range partial.Refused {
		all[ms[i].ID] = "refused"
	}
	for _, i := range partial.Unknown {
		all[ms[i].ID] = "unknown"
	}
	return all
}

// untilQuiet receives and acks until nothing comes for longer than a message
// may be hidden. Outages are waited out.
func untilQuiet(t *testing.T, s queue.Source) []queue.Delivery {
	t.Helper()
	var all []queue.Delivery
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
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
