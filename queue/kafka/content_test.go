package kafka_test

import (
	"crypto/rand"
	"errors"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/internal/testserver"
	"recibo/queue"
)

// TestOddMessages come back exactly, whatever is in their ids and headers.
func TestOddMessages(t *testing.T) {
	t.Parallel()
	b := ready(t, fresh(t, testserver.Kafka(t), "partitions", "1"))
	ms := []queue.Message{
		{},
		{ID: strings.Repeat("i", 300), Key: strings.Repeat("k", 300), Body: []byte("long")},
		{ID: "nul \x00 and \xff", Key: "\x00\xfe", Body: []byte{0}},
		{ID: "headers", Headers: map[string]string{"": "no name", "recibo-message-id": "theirs", "é ✓": "\x00\xff", strings.Repeat("n", 300): "long name", "nothing": ""}},
		{Key: "no id", Headers: map[string]string{"recibo-message-id": "theirs", "a": "b"}},
		{Headers: map[string]string{"a": "b"}},
	}
	publish(t, b, ms)
	got := leftIn(t, b)
	if len(got) != len(ms) {
		t.Fatalf("%d messages came, want %d", len(got), len(ms))
	}
	for i, d := range got {
		if d.Body != nil && len(d.Body) == 0 {
			d.Body = nil
		}
		if diff := cmp.Diff(ms[i], d.Message); diff != "" {
			t.Errorf("message %d: -sent +received\n%s", i, diff)
		}
		if d.Attempt != 0 {
			t.Errorf("message %d: attempt %d, which Kafka does not tell", i, d.Attempt)
		}
	}
}

// TestForeignMessages: a name that stands several times, a value that is none,
// a tombstone, compressed in each way.
func TestForeignMessages(t *testing.T) {
	t.Parallel()
	address := fresh(t, testserver.Kafka(t), "partitions", "1")
	b := ready(t, address)
	for name, codec := range map[string]kgo.CompressionCodec{
		"none": kgo.NoCompression(), "gzip": kgo.GzipCompression(), "snappy": kgo.SnappyCompression(), "lz4": kgo.Lz4Compression(), "zstd": kgo.ZstdCompression(),
	} {
		c := theirs(t, address, kgo.ProducerBatchCompression(codec))
		header := func(k, v string) kgo.RecordHeader { return kgo.RecordHeader{Key: k, Value: []byte(v)} }
		body := strings.Repeat(`{"codec":"`+name+`"}`, 100)
		err := c.ProduceSync(t.Context(),
			&kgo.Record{Value: []byte(body), Headers: []kgo.RecordHeader{header("a", "1"), header("a", "2"), header("a", "3"), {Key: "none"}, header("recibo-message-id", "late")}},
			&kgo.Record{Key: []byte("gone"), Value: nil},
		).FirstErr()
		if err != nil {
			t.Fatal(err)
		}
		got := leftIn(t, b)
		if len(got) != 2 {
			t.Fatalf("%s: %d messages came, want 2", name, len(got))
		}
		want := queue.Message{Body: []byte(body), Headers: map[string]string{"a": "1", "a (2)": "2", "a (3)": "3", "none": "", "recibo-message-id": "late"}}
		if diff := cmp.Diff(want, got[0].Message); diff != "" {
			t.Errorf("%s: -sent +received\n%s", name, diff)
		}
		if got[1].Key != "gone" || got[1].Body != nil {
			t.Errorf("%s: the tombstone came as %+v", name, got[1].Message)
		}
	}
}

// TestKcat publishes and reads with a client that is not ours.
func TestKcat(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	address := fresh(t, server, "partitions", "1")
	b := ready(t, address)
	kcat := func(input string, args ...string) string {
		t.Helper()
		cmd := exec.CommandContext(t.Context(), testserver.Program(t, "kcat"), append([]string{"-q", "-b", server.Addr(), "-t", topicOf(address)}, args...)...)
		cmd.Stdin = strings.NewReader(input)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("kcat %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	kcat("{\"n\":1}\n", "-P")
	kcat("T2:{\"n\":2}\n", "-P", "-K:")
	kcat("T3:{\"n\":3}\n", "-P", "-K:", "-H", "origem=ação", "-H", "recibo-redrive-of=0f3a/2")
	s := source(t, b, 10)
	got := collect(t, s, 3, patience)
	want := []queue.Message{
		{Body: []byte(`{"n":1}`)},
		{Key: "T2", Body: []byte(`{"n":2}`)},
		{Key: "T3", Body: []byte(`{"n":3}`), Headers: map[string]string{"origem": "ação", "recibo-redrive-of": "0f3a/2"}},
	}
	for i, d := range got {
		if diff := cmp.Diff(want[i], d.Message); diff != "" {
			t.Errorf("message %d: -sent +received\n%s", i, diff)
		}
		if at := topicOf(address) + "[0]@" + string(rune('0'+i)); d.Position != at {
			t.Errorf("position %q, want %q", d.Position, at)
		}
	}
	ack(t, s, got)
	closing(t, s)
	publish(t, b, []queue.Message{{ID: "m1", Key: "T4", Body: []byte(`{"n":4}`), Headers: map[string]string{"a": "b"}}})
	read := kcat("", "-C", "-o", "3", "-e", "-f", "%k|%s|%h\n")
	if read != "T4|{\"n\":4}|recibo-message-id=m1,a=b\n" {
		t.Errorf("kcat reads %q", read)
	}
}

// TestTooLarge: what the broker does not take is found out, though its limit is
// lower than ours, and what was sent with it is accepted.
func TestTooLarge(t *testing.T) {
	t.Parallel()
	address := fresh(t, testserver.Kafka(t), "partitions", "1")
	b := ready(t, address)
	setConfig(t, address, "max.message.bytes", "20000")
	p := publisher(t, b)
	defer closing(t, p)
	ms := numbered(0, 40)
	ms[20].Body, ms[30].Body = random(30_000), random(15_000)
	wantRefused(t, p.Publish(t.Context(), ms), 20)
	ms[25].Body = random(2 << 20) // above ours
	wantRefused(t, p.Publish(t.Context(), ms), 20, 25)
	if n := len(leftIn(t, b)); n != 39+38 {
		t.Errorf("%d messages came, want 39 and 38", n)
	}
}

// random is what cannot be compressed.
func random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails
	return b
}

func wantRefused(t *testing.T, err error, which ...int) {
	t.Helper()
	partial, ok := errors.AsType[*queue.PartialError](err)
	if !ok || !slices.Equal(partial.Refused, which) || len(partial.Unknown) > 0 || !partial.TooBig {
		t.Errorf("%+v, want %v alone to be refused as too big", partial, which)
	}
}
