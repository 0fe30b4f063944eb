package queuetest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"recibo/queue"
)

// Close closes within ten seconds. Unlike t.Context it may be used in a cleanup
// of the test.
func Close(t testing.TB, c interface{ Close(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

// Numbered are the messages from one number to before another. That of 7 is m7
// with the key k7.
func Numbered(from, to int) []queue.Message {
	var ms []queue.Message
	for i := from; i < to; i++ {
		ms = append(ms, queue.Message{ID: fmt.Sprintf("m%d", i), Key: fmt.Sprintf("k%d", i), Body: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	return ms
}

// Publisher opens a publisher, which the caller closes.
func Publisher(t testing.TB, b queue.Broker) queue.Publisher {
	t.Helper()
	p, err := b.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Publish publishes at once, by a publisher of its own.
func Publish(t testing.TB, b queue.Broker, ms []queue.Message) {
	t.Helper()
	p := Publisher(t, b)
	defer Close(t, p)
	if err := p.Publish(t.Context(), ms); err != nil {
		t.Fatal(err)
	}
}

// Source opens a source, which the caller closes.
func Source(t testing.TB, b queue.Broker, messages int) queue.Source {
	t.Helper()
	s, err := b.Source(t.Context(), queue.Want{Messages: messages, Bytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// Collect receives until it has n deliveries, within the time. Outages are
// waited out.
func Collect(t testing.TB, s queue.Source, n int, within time.Duration) []queue.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var got []queue.Delivery
	for len(got) < n {
		ds, err := s.Receive(ctx, n-len(got))
		if ctx.Err() != nil {
			t.Fatalf("received %d of %d messages within %v: %v", len(got), n, within, err)
		}
		if err != nil {
			time.Sleep(20 * time.Millisecond)
			continue
		}
		got = append(got, ds...)
	}
	return got
}

// Ack settles ds.
func Ack(t testing.TB, s queue.Source, ds []queue.Delivery) {
	t.Helper()
	if err := s.Ack(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

// LeftIn takes everything out of the queue that comes until nothing has for a
// second.
func LeftIn(t testing.TB, b queue.Broker) []queue.Delivery {
	t.Helper()
	s := Source(t, b, 1000)
	defer Close(t, s)
	var all []queue.Delivery
	for {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		ds, err := s.Receive(ctx, 1000)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		Ack(t, s, ds)
		all = append(all, ds...)
	}
}

// NothingLeft tells of what LeftIn finds.
func NothingLeft(t testing.TB, b queue.Broker) {
	t.Helper()
	if ds := LeftIn(t, b); len(ds) > 0 {
		t.Errorf("%d messages are still in the queue, the first %s", len(ds), ds[0].Position)
	}
}
