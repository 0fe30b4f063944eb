package jetstream

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/nats-io/nats.go"
	"pgregory.net/rapid"

	"recibo/queue"
)

// TestHeadersComeBackIdentical, whatever is in them, and nothing that the
// server acts upon leaves.
func TestHeadersComeBackIdentical(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
		rapid.SampledFrom([]string{"", " ", " padded ", "line\r\nNats-Msg-Id: x", "nats-msg-id", "Nats-Msg-Id", idHeader, keyHeader, quotedHeader, "recibo-redrive-of", "ação ✓"}))
	rapid.Check(t, func(t *rapid.T) {
		want := queue.Message{ID: text.Draw(t, "id"), Key: text.Draw(t, "key"), Body: []byte("b"),
			Headers: rapid.MapOf(text, text).Draw(t, "headers")}
		msg := encode("payments", want)
		for name := range msg.Header {
			if strings.HasPrefix(strings.ToLower(name), "nats-") {
				t.Fatalf("header %q leaves", name)
			}
		}
		got := decode(overTheWire(t, msg))
		if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" {
			t.Fatal(diff)
		}
	})
}

// overTheWire writes and reads the headers as the client does: lines of text,
// blanks in front of a value lost.
func overTheWire(t *rapid.T, msg *nats.Msg) *nats.Msg {
	out := &nats.Msg{Header: nats.Header{}, Data: msg.Data}
	for name, values := range msg.Header {
		for _, value := range values {
			line := name + ": " + value
			if strings.ContainsAny(line, "\r\n") {
				t.Fatalf("header line %q would break", line)
			}
			n, v, _ := strings.Cut(line, ":")
			out.Header[n] = append(out.Header[n], strings.Trim(v, " \t"))
		}
	}
	return out
}

func TestForeignHeadersAreKept(t *testing.T) {
	got := decode(&nats.Msg{Data: []byte("x"), Header: nats.Header{
		"Nats-Msg-Id": {"7"}, "a": {"1", "2"}, batchID: {"b"}, batchSequence: {"1"}, quotedHeader: {"not quoted"},
	}})
	want := map[string]string{"Nats-Msg-Id": "7", "a": "1, 2", quotedHeader: "not quoted"}
	if diff := cmp.Diff(want, got.Headers); diff != "" {
		t.Error(diff)
	}
}
