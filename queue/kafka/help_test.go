package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/kafka"
)

// patience bounds what must happen.
const patience = 10 * time.Second

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

func dial(t testing.TB, address string) *kafka.Broker {
	t.Helper()
	return dialWith(t, address, kafka.Options{})
}

func dialWith(t testing.TB, address string, o kafka.Options) *kafka.Broker {
	t.Helper()
	b, err := kafka.Dial(t.Context(), address, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, b) })
	return b
}

// ready dials and sets up.
func ready(t testing.TB, address string) *kafka.Broker {
	t.Helper()
	b := dial(t, address)
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// fresh is the address of a topic that is not there yet, and of a group of its
// own, with these parameters.
func fresh(t testing.TB, server *testserver.KafkaServer, parameters ...string) string {
	t.Helper()
	topic := server.Topic(t)
	return with(server.URL("", topic, topic), parameters...)
}

// with adds parameters to an address.
func with(address string, parameters ...string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	query := u.Query()
	for i := 0; i < len(parameters); i += 2 {
		query.Set(parameters[i], parameters[i+1])
	}
	u.RawQuery = query.Encode()
	return u.String()
}

// at is the address at another host:port.
func at(addr, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	u.Host = addr
	return u.String()
}

func numbered(from, to int) []queue.Message {
	var ms []queue.Message
	for i := from; i < to; i++ {
		ms = append(ms, queue.Message{ID: fmt.Sprintf("m%d", i), Key: fmt.Sprintf("k%d", i), Body: fmt.Appendf(nil, `{"n":%d}`, i)})
	}
	return ms
}

func publisher(t testing.TB, b queue.Broker) queue.Publisher {
	t.Helper()
	p, err := b.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func publish(t testing.TB, b queue.Broker, ms []queue.Message) {
	t.Helper()
	p := publisher(t, b)
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

// collect receives until it has n deliveries, within the time. Outages are
// waited out.
func collect(t testing.TB, s queue.Source, n int, within time.Duration) []queue.Delivery {
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

func ack(t testing.TB, s queue.Source, ds []queue.Delivery) {
	t.Helper()
	if err := s.Ack(t.Context(), ds); err != nil {
		t.Fatal(err)
	}
}

// leftIn takes everything out of the queue that comes until nothing has for a
// while.
func leftIn(t testing.TB, b queue.Broker) []queue.Delivery {
	t.Helper()
	s := source(t, b, 1000)
	defer closing(t, s)
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
		ack(t, s, ds)
		all = append(all, ds...)
	}
}

func nothingLeft(t testing.TB, b queue.Broker) {
	t.Helper()
	if ds := leftIn(t, b); len(ds) > 0 {
		t.Errorf("%d messages are still in the queue, the first %s", len(ds), ds[0].Position)
	}
}
