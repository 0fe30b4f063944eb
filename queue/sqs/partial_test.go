package sqs_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"recibo/internal/testserver"
	"recibo/queue"
)

// failing makes the server say, within an answer of 200, that entry 3 of a
// batch of the operation failed, the first so many times. The server itself has
// done it: whoever tries again must not mind.
func failing(operation, code string, sender bool, times int64) func(string, *int, []byte) []byte {
	var struck atomic.Int64
	return func(op string, status *int, answer []byte) []byte {
		var said struct{ Successful, Failed []map[string]any }
		if op != operation || *status != http.StatusOK || json.Unmarshal(answer, &said) != nil || len(said.Successful) < 4 || struck.Add(1) > times {
			return answer
		}
		said.Successful = slices.DeleteFunc(said.Successful, func(e map[string]any) bool { return e["Id"] == "3" })
		said.Failed = append(said.Failed, map[string]any{"Id": "3", "Code": code, "Message": "a fault of the test", "SenderFault": sender})
		changed, err := json.Marshal(said)
		if err != nil {
			panic(err)
		}
		return changed
	}
}

// TestPartOfABatchFails: parts that fail while their request succeeds are tried
// again, alone, unless that is of no use.
func TestPartOfABatchFails(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	front := inFront(t, server)
	b := ready(t, through(front.addr, server.URL(server.Queue(t))))
	p := publisher(t, b)
	sends := len(front.asked("SendMessageBatch"))

	front.editing(failing("SendMessageBatch", "InternalError", false, 2))
	if err := p.Publish(t.Context(), numbered(0, 10)); err != nil {
		t.Errorf("publish with a part that fails once or twice: %v", err)
	}
	if got := front.asked("SendMessageBatch")[sends:]; len(got) != 2 || entries(t, got[1]) != 1 {
		t.Errorf("%d requests, want one for all and one for the part", len(got))
	}
	front.editing(failing("SendMessageBatch", "InvalidParameterValue", true, 1))
	partial, ok := errors.AsType[*queue.PartialError](p.Publish(t.Context(), numbered(10, 20)))
	if !ok || !slices.Equal(partial.Refused, []int{3}) || partial.Unknown != nil || partial.TooBig || !strings.Contains(partial.Error(), "a fault of the test") {
		t.Errorf("publish with a part that is our fault: %+v", partial)
	}

	front.editing(nil)
	s := source(t, b, 100)
	ds := collect(t, s, 21, patience) // one was there twice: the first answer was a lie
	deletes := len(front.asked("DeleteMessageBatch"))
	front.editing(failing("DeleteMessageBatch", "InternalError", false, 1))
	ack(t, s, ds[:10])
	if got := front.asked("DeleteMessageBatch")[deletes:]; len(got) != 2 || entries(t, got[1]) != 1 {
		t.Errorf("%d requests to delete, want one for all and one for the part", len(got))
	}
	front.editing(failing("DeleteMessageBatch", "ReceiptHandleIsInvalid", true, 1))
	ack(t, s, ds[10:20]) // it is not ours any more
	closing(t, s)
	front.editing(nil)
	if left := leftIn(t, b); len(left) != 1 {
		t.Errorf("%d messages are left, want the one that was not acked", len(left))
	}
}

// TestReleaseOfABatchFailsInPart: what Close could not give back is given back
// again.
func TestReleaseOfABatchFailsInPart(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	front := inFront(t, server)
	b := ready(t, through(front.addr, server.URL(server.Queue(t))))
	publish(t, b, numbered(0, 10))
	s := source(t, b, 10)
	collect(t, s, 10, patience)
	before := len(front.asked("ChangeMessageVisibilityBatch"))
	front.editing(failing("ChangeMessageVisibilityBatch", "ServiceUnavailable", false, 1))
	closing(t, s)
	if got := front.asked("ChangeMessageVisibilityBatch")[before:]; len(got) != 2 || entries(t, got[1]) != 1 {
		t.Errorf("%d requests, want one for all and one for the part", len(got))
	}
	front.editing(nil)
	ack(t, s, nil)
	if left := leftIn(t, b); len(left) != 10 {
		t.Errorf("%d messages came at once, want 10", len(left))
	}
}

// TestThrottled: a server that has too much to do is asked again.
func TestThrottled(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	front := inFront(t, server)
	b := ready(t, through(front.addr, server.URL(server.Queue(t))))
	p := publisher(t, b)
	publish(t, b, numbered(0, 10))
	s := source(t, b, 100)
	ds := collect(t, s, 10, patience)
	var struck atomic.Int64
	front.editing(func(operation string, status *int, answer []byte) []byte {
		if struck.Add(1)%2 == 0 || operation == "ReceiveMessage" {
			return answer
		}
		*status = http.StatusBadRequest
		return []byte(`{"__type":"com.amazonaws.sqs#RequestThrottled","message":"slower"}`)
	})
	ack(t, s, ds)
	if err := p.Publish(t.Context(), numbered(10, 20)); err != nil {
		t.Errorf("publish: %v", err)
	}
	front.editing(nil)
	closing(t, s)
	seen := map[string]int{}
	for _, d := range leftIn(t, b) {
		seen[d.ID]++
	}
	if len(seen) != 10 { // each twice: in this test the server has done what it says that it has not
		t.Errorf("%d messages came: %v", len(seen), seen)
	}
}

// TestSizes: the largest message is taken, together with others; what is larger
// is refused alone, whatever the server's limit is.
func TestSizes(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	front := inFront(t, server)
	b := ready(t, through(front.addr, server.URL(server.Queue(t))))
	const attributes = len("recibo-message-id") + len("recibo-key") + 2*len("String") + len("m0") + len("k0")
	ms := numbered(0, 10)
	ms[1].Body = []byte(strings.Repeat("x", 1<<20-attributes))
	ms[2].Body = []byte(strings.Repeat("y", 1<<19))
	ms[3].Body = []byte(strings.Repeat("z", 1<<19))
	publish(t, b, ms)
	s := source(t, b, 100)
	for _, d := range collect(t, s, 10, patience) {
		i := slices.IndexFunc(ms, func(m queue.Message) bool { return m.ID == d.ID })
		if string(d.Body) != string(ms[i].Body) {
			t.Errorf("message %s differs", d.ID)
		}
		ack(t, s, []queue.Delivery{d})
	}
	closing(t, s)
	p := publisher(t, b)
	ms[1].Body = append(ms[1].Body, 'x')
	partial, ok := errors.AsType[*queue.PartialError](p.Publish(t.Context(), ms))
	if !ok || !slices.Equal(partial.Refused, []int{1}) || partial.Unknown != nil || !partial.TooBig {
		t.Errorf("one byte too much: %+v", partial)
	}
	if n := len(leftIn(t, b)); n != 9 {
		t.Errorf("%d messages came, want the other 9", n)
	}

	// A server that takes less than it told: here the answer, not the request, is small.
	limit := 3000
	front.editing(func(operation string, status *int, answer []byte) []byte {
		calls := front.lastOf(operation)
		if operation != "SendMessageBatch" || len(calls) < limit {
			return answer
		}
		*status = http.StatusBadRequest
		return []byte(`{"__type":"com.amazonaws.sqs#BatchRequestTooLong","message":"too long"}`)
	})
	ms = numbered(20, 30)
	ms[4].Body = []byte(strings.Repeat("x", limit))
	partial, ok = errors.AsType[*queue.PartialError](p.Publish(t.Context(), ms))
	if !ok || !slices.Equal(partial.Refused, []int{4}) || partial.Unknown != nil || !partial.TooBig {
		t.Errorf("a smaller server: %+v", partial)
	}
	t.Log(fmt.Sprint(partial))
}
