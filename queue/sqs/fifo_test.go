package sqs_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/internal/testserver"
	"recibo/queue"
)

// TestGroupsKeepTheirOrder: 2500 messages of 50 payers, published in one call
// and received by many polls, come in order for each payer.
func TestGroupsKeepTheirOrder(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	b := ready(t, server.URL(server.Queue(t)+".fifo"))
	ms := numbered(0, 2500)
	for i := range ms {
		ms[i].Headers = map[string]string{"recibo-group": fmt.Sprint("payer ", i*7%50)}
	}
	publish(t, b, ms)
	s := source(t, b, 1000)
	last := map[int]int{}
	for got := 0; got < len(ms); {
		ds, err := s.Receive(t.Context(), 100)
		if err != nil {
			t.Fatal(err)
		}
		for _, d := range ds {
			var n int
			if _, err := fmt.Sscanf(d.ID, "m%d", &n); err != nil {
				t.Fatal(err)
			}
			payer := n * 7 % 50
			if before, seen := last[payer]; seen && n <= before {
				t.Fatalf("message %d of payer %d came after %d", n, payer, before)
			}
			if _, told := d.Headers["recibo-group"]; told {
				t.Fatal("the group was sent")
			}
			last[payer] = n
		}
		ack(t, s, ds)
		got += len(ds)
	}
	closing(t, s)
}

// TestGroups: copies of one payment are of one group, different ones not; the
// group tells nothing of the key; another queue has other groups.
func TestGroups(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	groups := map[string]string{}
	for _, name := range []string{server.Queue(t), server.Queue(t)} {
		b := ready(t, server.URL(name+".fifo"))
		publish(t, b, []queue.Message{
			{ID: "1", Key: "T1", Body: []byte("a")}, {ID: "2", Key: "T2", Body: []byte("b")}, {ID: "3", Key: "T1", Body: []byte("c")},
			{ID: "4", Key: "T1", Body: []byte("d"), Headers: map[string]string{"recibo-group": "BR1800360305000010009795493C1"}}, {ID: "5", Body: []byte("e")},
		})
		api := plain(t, server)
		for before := len(groups); len(groups) < before+5; {
			out, err := api.ReceiveMessage(t.Context(), &aws.ReceiveMessageInput{QueueUrl: queueURL(t, api, name+".fifo"), MaxNumberOfMessages: 10,
				MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll}})
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range out.Messages {
				groups[name+*m.Body] = m.Attributes["MessageGroupId"]
				if g := groups[name+*m.Body]; len(g) != 32 || strings.Contains(g, "BR18") {
					t.Errorf("group %q", g)
				}
			}
		}
		of := func(body string) string { return groups[name+body] }
		if of("a") != of("c") || of("a") == of("b") || of("d") == of("a") || of("e") == "" {
			t.Errorf("groups %v", groups)
		}
	}
	distinct := map[string]bool{}
	for _, g := range groups {
		distinct[g] = true
	}
	if len(distinct) != 8 {
		t.Errorf("%d groups in two queues, want 4 in each: %v", len(distinct), groups)
	}
}

// TestDeduplicationEatsNothing: publications of equal id and content are
// different publications.
func TestDeduplicationEatsNothing(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	b := ready(t, server.URL(server.Queue(t)+".fifo"))
	m := queue.Message{ID: "1:7", Key: "T1", Body: []byte("{}")}
	p := publisher(t, b)
	for range 3 {
		if err := p.Publish(t.Context(), []queue.Message{m, m}); err != nil {
			t.Fatal(err)
		}
	}
	publish(t, b, []queue.Message{m})
	if n := len(leftIn(t, b)); n != 7 {
		t.Errorf("%d of 7 publications came", n)
	}
}

// TestLostAnswer: in a FIFO queue an attempt to publish that had no answer is
// repeated, and counts once; in a standard queue nobody knows.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	for _, suffix := range []string{"", ".fifo"} {
		proxy := server.Proxy(t)
		address := server.URL(server.Queue(t) + suffix)
		b := ready(t, address)
		p := publisher(t, ready(t, through(proxy.Addr(), address)))
		struck := proxy.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte(`{\"n\":5}`), When: testserver.AfterReply})
		err := p.Publish(t.Context(), numbered(0, 10))
		hasStruck(t, struck)
		proxy.Restore()
		if partial, ok := errors.AsType[*queue.PartialError](err); suffix == "" && (!ok || len(partial.Unknown) != 10) {
			t.Errorf("standard queue: %v, want 10 without an answer", err)
		}
		if suffix != "" && err != nil {
			t.Errorf("FIFO queue: %v", err)
		}
		seen := map[string]int{}
		for _, d := range leftIn(t, b) {
			seen[d.ID]++
		}
		for _, m := range numbered(0, 10) {
			if seen[m.ID] != 1 {
				t.Errorf("%s came %d times", m.ID, seen[m.ID])
			}
		}
	}
}
