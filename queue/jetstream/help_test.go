package jetstream_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"recibo/queue"
)

// closing closes with a bound of its own: the context of the test is over in
// its cleanup.
func closing(t testing.TB, c interface{ Close(context.Context) error }) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := c.Close(ctx); err != nil {
		t.Errorf("close: %v", err)
	}
}

func numbered(from, to int) []queue.Message {
	var ms []queue.Message
	for i := from; i < to; i++ {
		ms = append(ms, queue.Message{ID: fmt.Sprintf("m%d", i), Key: fmt.Sprintf("k%d", i), Body: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	return ms
}

func publish(t testing.TB, b queue.Broker, ms []queue.Message) {
	t.Helper()
	p, err := b.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, p)
	if err := p.Publish(t.Context(), ms); err != nil {
		t.Fatal(err)
	}
}

func source(t testing.TB, b queue.Broker, messages int) queue.Source {
	t.Helper()
	s, err := b.Source(t.Context(), queue.Want{Messages: messages, Bytes: 64 << 20})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// collect receives until want has an entry for each of n ids, within the time.
func collect(t testing.TB, s queue.Source, n int, within time.Duration) []queue.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var got []queue.Delivery
	for len(got) < n {
		ds, err := s.Receive(ctx, 1000)
		if ctx.Err() != nil {
			t.Fatalf("received %d of %d messages within %v: %v", len(got), n, within, err)
		}
		if err != nil {
			time.Sleep(20 * time.Millisecond) // an outage: call again later
			continue
		}
		got = append(got, ds...)
	}
	return got
}
