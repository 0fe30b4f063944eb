package sqs_test

import (
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"recibo/internal/testserver"
	"recibo/queue"
)

// TestOddMessages come back exactly, whatever is in their bodies, ids and
// headers.
func TestOddMessages(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	b := ready(t, server.URL(server.Queue(t)))
	many := map[string]string{}
	for i := range 15 {
		many["h"+string(rune('a'+i))] = "v"
	}
	ms := []queue.Message{
		{ID: "empty"},
		{ID: "dash", Body: []byte("-")},
		{ID: "base64", Body: []byte("AAECAw==")},
		{ID: "nul", Body: []byte("{\x00}")},
		{ID: "not UTF-8", Body: []byte("{\xff}")},
		{ID: "surrogate", Body: []byte("\xed\xa0\x80")},
		{ID: "no character", Body: []byte("\uffff")},
		{ID: "replacement", Body: []byte("\ufffd 🎉 \u00a0\u2028\x7f")},
		{ID: "white", Body: []byte("\r\n\t {} \r\n")},
		{ID: "xml", Body: []byte(`<a>&amp;"'</a>`)},
		{ID: "nul \x00 and \xff", Key: "\x00\xfe", Body: []byte("x")},
		{ID: strings.Repeat("i", 3000), Key: strings.Repeat("k", 3000), Body: []byte("long")},
		{ID: "ten", Headers: map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6", "g": "7", "h": "8"}, Key: "k", Body: []byte("fits")},
		{ID: "eleven", Headers: map[string]string{"a": "1", "b": "2", "c": "3", "d": "4", "e": "5", "f": "6", "g": "7", "h": "8", "i": "9"}, Key: "k", Body: []byte("does not")},
		{ID: "many", Headers: many, Body: []byte{0}},
		{ID: "names", Body: []byte("{}"), Headers: map[string]string{
			"": "no name", "AWS.x": "theirs", "amazon.y": "theirs", "with space": "v", ".dot": "v", "two..dots": "v", "é ✓": "\x00\xff", "nothing": "",
			"recibo-message-id": "a", "recibo-key": "b", "recibo-body": "base64", "recibo-packed": "c", strings.Repeat("n", 300): "long name", "plain": "\n",
		}},
	}
	publish(t, b, ms)
	byID := map[string]queue.Delivery{}
	for _, d := range leftIn(t, b) {
		byID[d.ID] = d
	}
	for _, m := range ms {
		d := byID[m.ID]
		if len(d.Body) == 0 {
			d.Body = nil
		}
		if diff := cmp.Diff(m, d.Message); diff != "" {
			t.Errorf("%.30q: -sent +received\n%s", m.ID, diff)
		}
		if d.Attempt != 1 || !strings.Contains(d.Position, "#") {
			t.Errorf("%.30q: attempt %d, position %q", m.ID, d.Attempt, d.Position)
		}
	}
}

// TestAnyMessage: what random bytes a message has, it comes back as it was.
func TestAnyMessage(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	b := ready(t, server.URL(server.Queue(t)))
	p, s := publisher(t, b), source(t, b, 100)
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }))
	rapid.Check(t, func(r *rapid.T) {
		m := queue.Message{ID: text.Draw(r, "id"), Key: text.Draw(r, "key"), Body: []byte(text.Draw(r, "body")),
			Headers: rapid.MapOfN(text, text, 0, 14).Draw(r, "headers")}
		if err := p.Publish(t.Context(), []queue.Message{m}); err != nil {
			r.Fatal(err)
		}
		ds := collect(t, s, 1, patience)
		ack(t, s, ds)
		if diff := cmp.Diff(m, ds[0].Message, equateEmpty); diff != "" {
			r.Errorf("-sent +received\n%s", diff)
		}
	})
	closing(t, s)
}

var equateEmpty = cmp.Transformer("empty", func(m queue.Message) map[string]any {
	headers := map[string]string{}
	for name, value := range m.Headers {
		headers[name] = value
	}
	return map[string]any{"id": m.ID, "key": m.Key, "body": string(m.Body), "headers": headers}
})

// boto3 runs a line of Python, with sqs as a client of boto3 and url as the
// queue's, and returns what it prints.
func boto3(t *testing.T, server *testserver.ElasticMQServer, name, lines string) []byte {
	t.Helper()
	program := "import boto3, json, sys\nsqs = boto3.client('sqs', region_name='sa-east-1', endpoint_url=sys.argv[1])\n" +
		"url = sqs.get_queue_url(QueueName=sys.argv[2])['QueueUrl']\n" + lines
	command := exec.Command(filepath.Join(testserver.Python(t, "clients"), "python"), "-c", program, "http://"+server.Addr(), name)
	out, err := command.Output()
	if err != nil {
		if exit, ok := err.(*exec.ExitError); ok {
			t.Fatalf("%v: %s", err, exit.Stderr)
		}
		t.Fatal(err)
	}
	return out
}

// TestForeignPublisher: what boto3 sends is taken byte for byte, its attributes
// as text.
func TestForeignPublisher(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	name := server.Queue(t)
	b := ready(t, server.URL(name))
	boto3(t, server, name, `
sqs.send_message(QueueUrl=url, MessageBody='{"valor": "150.75"}')
sqs.send_message(QueueUrl=url, MessageBody='AAEC', MessageAttributes={
    'origem': {'DataType': 'String', 'StringValue': 'ação ✓'}, 'valor': {'DataType': 'Number.brl', 'StringValue': '150.750'},
    'bytes': {'DataType': 'Binary', 'BinaryValue': b'\x00\xff'}, 'texto': {'DataType': 'Binary', 'BinaryValue': b'plain'},
    'recibo-message-id': {'DataType': 'String', 'StringValue': 'their-1'},
    'recibo-body': {'DataType': 'String', 'StringValue': 'gzip'}, 'recibo-packed': {'DataType': 'String', 'StringValue': 'header "a'}})
sqs.send_message(QueueUrl=url, MessageBody='not base64', MessageAttributes={'recibo-body': {'DataType': 'String', 'StringValue': 'base64'}})
`)
	want := map[string]queue.Message{
		`{"valor": "150.75"}`: {Body: []byte(`{"valor": "150.75"}`)},
		"AAEC": {ID: "their-1", Body: []byte("AAEC"), Headers: map[string]string{"origem": "ação ✓", "valor": "150.750", "bytes": "AP8=", "texto": "plain",
			"recibo-body": "gzip", "recibo-packed": `header "a`}},
		"not base64": {Body: []byte("not base64"), Headers: map[string]string{"recibo-body": "base64"}},
	}
	s := source(t, b, 10)
	for _, d := range collect(t, s, 3, patience) {
		if diff := cmp.Diff(want[string(d.Body)], d.Message); diff != "" {
			t.Errorf("-want +received\n%s", diff)
		}
		if place, id, ok := strings.Cut(d.Position, "#"); !ok || place != name || len(id) != 36 || d.Attempt != 1 {
			t.Errorf("position %q, attempt %d", d.Position, d.Attempt)
		}
	}
}

// TestForeignReader: boto3 reads what we publish, with the fields as attributes.
func TestForeignReader(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	name := server.Queue(t)
	b := ready(t, server.URL(name))
	publish(t, b, []queue.Message{{ID: "1:7", Key: "E607", Body: []byte(`{"amount":"150.75","ação":"✓"}`), Headers: map[string]string{"recibo-redrive-of": "0f3a/2"}}})
	out := boto3(t, server, name, `
m = sqs.receive_message(QueueUrl=url, MessageAttributeNames=['All'], WaitTimeSeconds=5)['Messages'][0]
print(json.dumps({'body': m['Body'], 'attributes': {k: v['StringValue'] for k, v in m['MessageAttributes'].items()}}))
sqs.delete_message(QueueUrl=url, ReceiptHandle=m['ReceiptHandle'])
`)
	var got, want any
	if err := json.Unmarshal(out, &got); err != nil {
		t.Fatal(err)
	}
	_ = json.Unmarshal([]byte(`{"body":"{\"amount\":\"150.75\",\"ação\":\"✓\"}",
		"attributes":{"recibo-message-id":"1:7","recibo-key":"E607","recibo-redrive-of":"0f3a/2"}}`), &want)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +read\n%s", diff)
	}
}
