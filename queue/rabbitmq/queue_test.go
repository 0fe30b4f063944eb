package rabbitmq_test

import (
	"context"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"go.uber.org/goleak"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/rabbitmq"
)

// TestQueueDeletedAndMadeAgain under an open source and publisher: the first
// consumes anew, the second refuses meanwhile.
func TestQueueDeletedAndMadeAgain(t *testing.T) {
	t.Parallel()
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "payments")
	m := openStream(t, address)
	m.Flows(t, patience)
	theirs := channel(t, address)
	for range 3 {
		if _, err := theirs.QueueDelete("payments", false, false, false); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		if _, err := m.Source.Receive(ctx, 1); err == nil || !strings.Contains(err.Error(), "no queue 'payments'") {
			t.Fatalf("receive from a deleted queue: %v", err)
		}
		cancel()
		ms := numbered(5000, 5020)
		ms[3].ID, ms[4].ID, ms[5].ID = "same", "same", ""
		err := m.Publisher.Publish(t.Context(), ms)
		partial, ok := errors.AsType[*queue.PartialError](err)
		if !ok || len(partial.Refused) != 20 || partial.TooBig || !strings.Contains(err.Error(), "no such queue") {
			t.Fatalf("publish to a deleted queue: %v, want all 20 to be refused as unroutable", err)
		}
		if err := dial(t, address).Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
		m.Flows(t, patience)
	}
	m.Close(t)
}

// TestSetupOfAnOlderServer: a queue that Recibo made when the server knew fewer
// properties is one of ours, and stays as it is.
func TestSetupOfAnOlderServer(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "payments")
	declare(t, address, "payments", amqp.Table{"x-queue-type": "quorum", "x-dead-letter-exchange": "payments.dlx"})
	var log strings.Builder
	b, err := rabbitmq.Dial(t.Context(), address, rabbitmq.Options{Log: textLog(&log)})
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, b)
	for range 2 {
		if err := b.Setup(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(log.String(), "x-dead-letter-strategy") {
		t.Errorf("the log says %q, want what the queue lacks", log.String())
	}
	publish(t, b, numbered(0, 3))
	if n := len(leftIn(t, b)); n != 3 {
		t.Errorf("%d messages came, want 3", n)
	}
}

// TestSetupTwiceAtOnce: whoever comes second finds it made.
func TestSetupTwiceAtOnce(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "payments")
	errs := make(chan error, 4)
	for range cap(errs) {
		b := dial(t, address)
		go func() { errs <- b.Setup(context.Background()) }()
	}
	for range cap(errs) {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
}

// TestNack: what a full queue refuses is refused, and nothing else.
func TestNack(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "full")
	declare(t, address, "full", amqp.Table{"x-max-length": 5, "x-overflow": "reject-publish"})
	b := dial(t, address)
	p := publisher(t, b)
	defer closing(t, p)
	err := p.Publish(t.Context(), numbered(0, 20))
	partial, ok := errors.AsType[*queue.PartialError](err)
	if !ok || len(partial.Refused) != 15 || len(partial.Unknown) != 0 || partial.TooBig {
		t.Fatalf("%+v, want 15 of 20 to be refused", partial)
	}
	refused := map[string]bool{}
	ms := numbered(0, 20)
	for _, i := range partial.Refused {
		refused[ms[i].ID] = true
	}
	for _, d := range leftIn(t, b) {
		if refused[d.ID] {
			t.Errorf("%s was refused and came", d.ID)
		}
	}
	if err := p.Publish(t.Context(), numbered(0, 5)); err != nil { // on the same channel
		t.Error(err)
	}
}

// TestPublisherClosed: a call that waits for confirms ends when its publisher
// is closed.
func TestPublisherClosed(t *testing.T) {
	server := testserver.RabbitMQ(t)
	before := goleak.IgnoreCurrent()
	proxy := server.Proxy(t)
	b := ready(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
	p := publisher(t, b)
	proxy.Stall(testserver.ToClient)
	done := make(chan error, 1)
	go func() { done <- p.Publish(context.Background(), numbered(0, 10)) }()
	time.Sleep(200 * time.Millisecond)
	closing(t, p)
	select {
	case err := <-done:
		if partial, ok := errors.AsType[*queue.PartialError](err); !ok || len(partial.Unknown) != 10 {
			t.Errorf("%v, want 10 unknown", err)
		}
	case <-time.After(time.Second):
		t.Error("publish goes on after close")
	}
	proxy.Restore()
	closing(t, b)
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("recibo/internal/testserver.(*Proxy).accept"))
}

// TestCancelledPublish: a context that ends while confirms are awaited.
func TestCancelledPublish(t *testing.T) {
	server := testserver.RabbitMQ(t)
	proxy := server.Proxy(t)
	b := ready(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
	p := publisher(t, b)
	proxy.Stall(testserver.ToClient)
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	err := p.Publish(ctx, numbered(0, 10))
	if partial, ok := errors.AsType[*queue.PartialError](err); !ok || len(partial.Unknown) != 10 || !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, want 10 unknown for the deadline", err)
	}
	proxy.Restore()
	if err := p.Publish(t.Context(), numbered(10, 20)); err != nil {
		t.Error(err)
	}
	closing(t, p)
}

// TestDeadLetters: what others reject, and what expires, comes as dead letters
// with the broker's own words.
func TestDeadLetters(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "payments")
	b := ready(t, address)
	publish(t, b, numbered(0, 3))
	theirs := channel(t, address)
	for range 3 {
		d, ok, err := theirs.Get("payments", false)
		if err != nil || !ok {
			t.Fatal(ok, err)
		}
		if err := d.Reject(false); err != nil {
			t.Fatal(err)
		}
	}
	if err := theirs.PublishWithContext(t.Context(), "", "payments", true, false, amqp.Publishing{Expiration: "1", MessageId: "late", Body: []byte("{}")}); err != nil {
		t.Fatal(err)
	}
	s, err := b.Source(t.Context(), queue.Want{Messages: 10, DeadLetters: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range collect(t, s, 4, patience) {
		reason := "rejected"
		if d.ID == "late" {
			reason = "expired"
		}
		if !strings.Contains(d.Headers["x-death"], `"reason":"`+reason+`"`) || !strings.Contains(d.Headers["x-death"], `"queue":"payments"`) ||
			d.Headers["x-first-death-reason"] != reason || !strings.HasPrefix(d.Position, "payments.dlq#") {
			t.Errorf("%s: %v", d.Position, d.Headers)
		}
		if d.ID != "late" && (len(d.Headers) != 4 || d.Key == "") {
			t.Errorf("%s: key %q and headers %v, want the key, x-death and x-first-death", d.ID, d.Key, d.Headers)
		}
		ack(t, s, []queue.Delivery{d})
	}
	closing(t, s)
}

// TestDeliveryLimitOfTheUsers: a queue of the user's with a limit on deliveries
// and a dead-letter queue of another name.
func TestDeliveryLimitOfTheUsers(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "theirs")
	declare(t, address, "morta", nil)
	declare(t, address, "theirs", amqp.Table{"x-queue-type": "quorum", "x-delivery-limit": 2,
		"x-dead-letter-exchange": "", "x-dead-letter-routing-key": "morta"})
	b := dial(t, address+"&dead_letters="+url.QueryEscape("morta"))
	publish(t, b, numbered(0, 2))
	for attempt := 1; attempt <= 3; attempt++ {
		s := source(t, b, 10)
		for _, d := range collect(t, s, 2, patience) {
			if d.Attempt != attempt {
				t.Errorf("attempt %d, want %d", d.Attempt, attempt)
			}
		}
		closing(t, s)
	}
	s, err := b.Source(t.Context(), queue.Want{Messages: 10, DeadLetters: true})
	if err != nil {
		t.Fatal(err)
	}
	for _, d := range collect(t, s, 2, patience) {
		if d.Headers["x-first-death-reason"] != "delivery_limit" {
			t.Errorf("headers %v", d.Headers)
		}
	}
	closing(t, s)
}
