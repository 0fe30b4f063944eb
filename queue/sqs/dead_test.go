package sqs_test

import (
	"strings"
	"testing"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"

	"recibo/internal/testserver"
	"recibo/queue"
)

// TestDeadLetters: what SQS gave up is read from where the redrive policy says,
// with what SQS knows of it, and can be acked.
func TestDeadLetters(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	for _, suffix := range []string{"", ".fifo"} {
		name := server.Queue(t)
		address := with(with(server.URL(name+suffix), "max_receive_count", "2"), "dead_letters", "dead_"+name+suffix)
		b := ready(t, address)
		publish(t, b, []queue.Message{{ID: "1", Key: "T1", Body: []byte("{\x00}"), Headers: map[string]string{"a": "b"}}})
		for attempt := 1; attempt <= 2; attempt++ {
			s := source(t, b, 10)
			if d := collect(t, s, 1, patience)[0]; d.Attempt != attempt {
				t.Errorf("attempt %d, want %d", d.Attempt, attempt)
			}
			closing(t, s)
		}
		if left := leftIn(t, b); len(left) > 0 { // the third time it is moved instead
			t.Errorf("%+v came again", left[0])
		}
		again := dial(t, server.URL(name+suffix)) // does not name the dead letters: the policy does
		dead, err := again.Source(t.Context(), queue.Want{Messages: 10, DeadLetters: true})
		if err != nil {
			t.Fatal(err)
		}
		ds := collect(t, dead, 1, patience)
		d := ds[0]
		if d.ID != "1" || d.Key != "T1" || string(d.Body) != "{\x00}" || d.Headers["a"] != "b" {
			t.Errorf("dead letter %+v", d)
		}
		if d.Headers["sqs-SentTimestamp"] == "" || d.Headers["sqs-ApproximateReceiveCount"] == "" || !strings.HasPrefix(d.Position, "dead_"+name+suffix+"#") {
			t.Errorf("position %q, headers %v", d.Position, d.Headers)
		}
		ack(t, dead, ds)
		closing(t, dead)
		if got := attributesOf(t, plain(t, server), "dead_"+name+suffix); got["ApproximateNumberOfMessages"] != "0" || got["ApproximateNumberOfMessagesNotVisible"] != "0" {
			t.Errorf("left among the dead letters: %v", got)
		}
	}
}

// TestSetupMendsWhatIsMissing: dead letters that somebody deleted are made
// again, and the queue is tagged as ours; a second Setup changes nothing.
func TestSetupMendsWhatIsMissing(t *testing.T) {
	t.Parallel()
	server := testserver.ElasticMQ(t)
	api := plain(t, server)
	name := server.Queue(t)
	b := ready(t, server.URL(name))
	for _, each := range []string{name, name + "-dlq"} {
		tags, err := api.ListQueueTags(t.Context(), &aws.ListQueueTagsInput{QueueUrl: queueURL(t, api, each)})
		if err != nil || tags.Tags["made-by"] != "recibo" {
			t.Errorf("tags of %s: %v, %v", each, tags, err)
		}
	}
	before := attributesOf(t, api, name)
	if before["RedrivePolicy"] == "" {
		t.Errorf("attributes %v", before)
	}
	if _, err := api.DeleteQueue(t.Context(), &aws.DeleteQueueInput{QueueUrl: queueURL(t, api, name+"-dlq")}); err != nil {
		t.Fatal(err)
	}
	ready(t, server.URL(name))
	queueURL(t, api, name+"-dlq")
	if after := attributesOf(t, api, name); after["RedrivePolicy"] != before["RedrivePolicy"] || after["CreatedTimestamp"] != before["CreatedTimestamp"] {
		t.Errorf("attributes %v became %v", before, after)
	}
	closing(t, b)
}
