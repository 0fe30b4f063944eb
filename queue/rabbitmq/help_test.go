package rabbitmq_test

import (
	"io"
	"log/slog"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/internal/testserver"
	"recibo/queue/queuetest"
	"recibo/queue/rabbitmq"
)

// What the tests of all adapters do.
var (
	closing     = queuetest.Close
	numbered    = queuetest.Numbered
	publisher   = queuetest.Publisher
	publish     = queuetest.Publish
	source      = queuetest.Source
	collect     = queuetest.Collect
	ack         = queuetest.Ack
	leftIn      = queuetest.LeftIn
	nothingLeft = queuetest.NothingLeft
)

// patience bounds what must happen.
const patience = 10 * time.Second

func TestMain(m *testing.M) { os.Exit(testserver.Main(m)) }

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
