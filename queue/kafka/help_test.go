package kafka_test

import (
	"net/url"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue/kafka"
	"recibo/queue/queuetest"
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
