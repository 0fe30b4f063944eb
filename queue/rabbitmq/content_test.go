package rabbitmq_test

import (
	"os/exec"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/internal/testserver"
	"recibo/queue"
)

// TestOddMessages come back exactly, whatever is in their ids and headers.
func TestOddMessages(t *testing.T) {
	server := testserver.RabbitMQ(t)
	b := ready(t, server.URL("admin", server.VirtualHost(t), "payments"))
	ms := []queue.Message{
		{},
		{ID: strings.Repeat("i", 255), Key: strings.Repeat("k", 255), Body: []byte("full properties")},
		{ID: strings.Repeat("i", 256), Key: strings.Repeat("k", 256), Body: []byte("too long for properties")},
		{ID: "nul \x00 and \xff", Key: "\x00\xfe", Body: []byte{0}},
		{ID: "headers", Headers: map[string]string{
			"": "no name", "CC": "payments", "BCC": "payments", "x-death": "old", "x-delivery-count": "7", "x-stream-offset": "1",
			"amqp-type": "theirs", "recibo-message-id": "a", "recibo-key": "b", "recibo-header": "c", "plain": "d", "é ✓": "\x00\xff",
			strings.Repeat("n", 300): "long name", "nothing": "",
		}},
	}
	publish(t, b, ms)
	got := leftIn(t, b)
	if len(got) != len(ms) {
		t.Fatalf("%d messages came, want %d", len(got), len(ms))
	}
	for i, d := range got {
		if len(d.Body) == 0 {
			d.Body = nil
		}
		if diff := cmp.Diff(ms[i], d.Message); diff != "" {
			t.Errorf("message %d: -sent +received\n%s", i, diff)
		}
		if d.Attempt != 1 || len(d.Position) > 120 || strings.ContainsRune(d.Position, 0) || !utf8.ValidString(d.Position) {
			t.Errorf("message %d: attempt %d, position %q", i, d.Attempt, d.Position)
		}
	}
}

// TestForeignMessage: what properties and headers of any kind say is kept as
// text, under names that say where it stood.
func TestForeignMessage(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "payments")
	b := ready(t, address)
	theirs := channel(t, address)
	if err := theirs.QueueBind("payments", "pix.*", "amq.topic", false, nil); err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 11, 23, 14, 15, 3, 0, time.UTC)
	err := theirs.PublishWithContext(t.Context(), "amq.topic", "pix.in", true, false, amqp.Publishing{
		ContentType: "application/json", ContentEncoding: "utf-8", CorrelationId: "corr", ReplyTo: "answers", Type: "payment", AppId: "bank",
		UserId: "admin", MessageId: "their-1", Timestamp: at, Priority: 3, Expiration: "60000", Body: []byte("{}"),
		Headers: amqp.Table{
			"text": "ação", "yes": true, "int": int32(-7), "big": int64(1) << 60, "float": 1.5, "none": nil, "bytes": []byte{0xff, 0},
			"money": amqp.Decimal{Scale: 2, Value: -5}, "at": at,
			"table": amqp.Table{"b": []any{int16(1), "<x>", amqp.Table{}}, "a": amqp.Decimal{Scale: 2, Value: 15075}}, "amqp-type": "a header",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	d := collect(t, source(t, b, 10), 1, patience)[0]
	want := queue.Message{ID: "their-1", Body: []byte("{}"), Headers: map[string]string{
		"text": "ação", "yes": "true", "int": "-7", "big": "1152921504606846976", "float": "1.5", "none": "", "bytes": "/wA=",
		"money": "-0.05", "at": "2026-11-23T14:15:03Z", "table": `{"a":150.75,"b":[1,"<x>",{}]}`, "amqp-type": "a header",
		"amqp-content-type": "application/json", "amqp-content-encoding": "utf-8", "amqp-correlation-id": "corr", "amqp-reply-to": "answers",
		"amqp-app-id": "bank", "amqp-user-id": "admin", "amqp-timestamp": "2026-11-23T14:15:03Z", "amqp-priority": "3",
		"amqp-expiration": "60000", "amqp-exchange": "amq.topic", "amqp-routing-key": "pix.in",
	}}
	if diff := cmp.Diff(want, d.Message); diff != "" {
		t.Errorf("-want +received\n%s", diff)
	}
	if d.Position != "payments#their-1" {
		t.Errorf("position %q", d.Position)
	}
}

// TestDebiansClient: amqp-publish sends neither an id nor anything of ours.
func TestDebiansClient(t *testing.T) {
	server := testserver.RabbitMQ(t)
	address := server.URL("admin", server.VirtualHost(t), "payments")
	b := ready(t, address)
	plain, _, _ := strings.Cut(address, "?")
	for _, body := range []string{`{"valor":"150.75"}`, ""} {
		command := exec.Command(testserver.Program(t, "amqp-publish"), "--url", plain, "-r", "payments", "-p", "-b", body)
		if out, err := command.CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	ds := collect(t, source(t, b, 10), 2, patience)
	for i, d := range ds {
		if d.ID != "" || d.Key != "" || len(d.Headers) != 0 || d.Attempt != 1 || !strings.HasPrefix(d.Position, "payments@2") {
			t.Errorf("received %+v", d)
		}
		if want := []string{`{"valor":"150.75"}`, ""}[i]; string(d.Body) != want {
			t.Errorf("body %q, want %q", d.Body, want)
		}
	}
	if ds[0].Position == ds[1].Position {
		t.Errorf("both stand at %s", ds[0].Position)
	}
}
