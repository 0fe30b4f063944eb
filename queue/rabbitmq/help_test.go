package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/rabbitmq"
)

// patience bounds what must happen.
const patience = 10 * time.Second

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

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

func dial(t testing.TB, address string) *rabbitmq.Broker {
	t.Helper()
	b, err := rabbitmq.Dial(t.Context(), address, rabbitmq.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, b) })
	return b
}

// ready dials and sets up.
func ready(t testing.TB, address string) *rabbitmq.Broker {
	t.Helper()
	b := dial(t, address)
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	return b
}

// through is the address by way of a proxy.
func through(p *testserver.Proxy, address string) string {
	u, err := url.Parse(address)
	if err != nil {
		panic(err)
	}
	u.Host = p.Addr()
	return u.String()
}

// channel is a client that knows nothing of us, with all rights.
func channel(t testing.TB, address string) *amqp.Channel {
	t.Helper()
	plain, _, _ := strings.Cut(address, "?")
	conn, err := amqp.Dial(plain)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	ch, err := conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

func declare(t testing.TB, address, name string, arguments amqp.Table) {
	t.Helper()
	if _, err := channel(t, address).QueueDeclare(name, true, false, false, false, arguments); err != nil {
		t.Fatal(err)
	}
}

func textLog(w io.Writer) *slog.Logger { return slog.New(slog.NewTextHandler(w, nil)) }

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
		ctx, cancel := context.WithTimeout(t.Context(), 400*time.Millisecond)
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
