package kafka_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
)

// TestTopicDeletedAndMadeAgain under an open source and publisher: both go on
// with the new one, from its beginning, and say meanwhile that there is none.
func TestTopicDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	address := fresh(t, server, "partitions", "2")
	m := openStream(t, address)
	m.Flows(t, patience)
	m.Flows(t, patience)
	if _, err := admin(t, address).DeleteTopic(t.Context(), topicOf(address)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	began := time.Now()
	if _, err := m.Source.Receive(ctx, 1); err == nil || ctx.Err() != nil {
		t.Errorf("receive from a deleted topic: %v", err)
	} else {
		t.Logf("told after %v: %v", time.Since(began), err)
	}
	began = time.Now()
	err := m.Publisher.Publish(ctx, numbered(1000, 1003))
	if partial, ok := errors.AsType[*queue.PartialError](err); !ok || len(partial.Refused)+len(partial.Unknown) != 3 {
		t.Errorf("publish to a deleted topic: %v", err)
	}
	t.Logf("publish: %v after %v", err, time.Since(began))
	if err := dial(t, address).Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	m.Flows(t, 20*time.Second)
	m.Flows(t, 2*time.Second)
	m.Close(t)
	nothingLeft(t, dial(t, address))
}

// TestCloseDuringOutage ends, and says that messages will come again.
func TestCloseDuringOutage(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	for name, cut := range map[string]func(*testserver.Proxy){
		"cut": (*testserver.Proxy).Cut, "half open": func(p *testserver.Proxy) { p.Stall(testserver.Both) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			proxy := server.Proxy(t)
			address := group(t, server, 1)
			b := ready(t, at(proxy.Addr(), address))
			publish(t, b, numbered(0, 10))
			s, p := source(t, b, 10), publisher(t, b)
			held := collect(t, s, 10, patience)
			cut(proxy)
			_ = s.Ack(t.Context(), held)
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			defer cancel()
			began := time.Now()
			err := s.Close(ctx)
			_ = p.Close(ctx)
			_ = b.Close(ctx)
			t.Logf("%v after %v", err, time.Since(began).Round(time.Millisecond))
			if err == nil || ctx.Err() != nil {
				t.Errorf("close: %v after %v", err, time.Since(began))
			}
			proxy.Restore()
			other := source(t, dial(t, address), 10)
			if n := len(collect(t, other, 10, 2*patience)); n != 10 {
				t.Errorf("%d messages came again, want 10", n)
			}
			closing(t, other)
		})
	}
}
