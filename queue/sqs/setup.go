package sqs

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

// retention is the longest that SQS keeps a message.
const retention = 14 * 24 * time.Hour

// mark tags what Recibo made.
var mark = map[string]string{"made-by": "recibo"}

// Setup makes the queue of dead letters and the queue, whose redrive policy
// names the former, if they are not there. It changes nothing that is there: a
// queue of other attributes is a *queue.ConfigError. A queue of another account
// is only looked for.
func (b *Broker) Setup(ctx context.Context) error {
	if err := b.ends.Usable(); err != nil {
		return err
	}
	if err := b.setUp(ctx); err != nil {
		return b.refused(settingUp, err)
	}
	return nil
}

// setUp looks at the queue first, for nothing shall be made beside a queue of
// somebody else's; and makes it last, since its policy names the dead letters.
func (b *Broker) setUp(ctx context.Context) error {
	p := &b.place
	url, err := b.url(ctx, p.queue, p.account)
	if p.account != "" || err != nil && !missing(err) {
		return err
	}
	there := err == nil
	if there {
		if err := b.compare(ctx, url); err != nil {
			return err
		}
	}
	dead, err := b.url(ctx, p.deadLetters, "")
	if missing(err) {
		dead, err = b.create(ctx, p.deadLetters, p.deadAttributes())
	}
	if err != nil || there {
		return err
	}
	told, err := b.attributes(ctx, dead, types.QueueAttributeNameQueueArn)
	if err == nil {
		_, err = b.create(ctx, p.queue, p.attributes(told[string(types.QueueAttributeNameQueueArn)]))
	}
	return err
}

// errOther is for a queue that Recibo would have made otherwise.
var errOther = errors.New("the queue is there, with other attributes")

// compare looks whether a queue has the attributes that Recibo would give it.
// ElasticMQ tells some of them only.
func (b *Broker) compare(ctx context.Context, url string) error {
	told, err := b.attributes(ctx, url, types.QueueAttributeNameAll)
	if err != nil {
		return err
	}
	const policy = string(types.QueueAttributeNameRedrivePolicy)
	arn := told[string(types.QueueAttributeNameQueueArn)]
	want := b.place.attributes(arn[:strings.LastIndexByte(arn, ':')+1] + b.place.deadLetters)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		has, ok := told[name]
		if ok && has != want[name] && (name != policy || !samePolicy(has, want[name])) || !ok && name == policy {
			return fmt.Errorf("%w: %s is %q, where Recibo sets %q", errOther, name, has, want[name])
		}
	}
	return nil
}

func samePolicy(a, b string) bool {
	var one, other redrivePolicy
	return json.Unmarshal([]byte(a), &one) == nil && json.Unmarshal([]byte(b), &other) == nil && one == other
}

func (b *Broker) create(ctx context.Context, name string, attributes map[string]string) (string, error) {
	in := &aws.CreateQueueInput{QueueName: &name, Attributes: attributes, Tags: mark}
	out, err := call(ctx, answerTimeout, b.api.CreateQueue, in)
	if err != nil {
		return "", fmt.Errorf("queue %s: %w", name, err)
	}
	return *out.QueueUrl, nil
}

// attributes are those of the queue.
func (p *place) attributes(deadARN string) map[string]string {
	all := p.deadAttributes()
	policy, err := json.Marshal(redrivePolicy{deadARN, json.Number(strconv.Itoa(p.maxReceive))})
	if err != nil {
		panic(err) // texts and numbers
	}
	all[string(types.QueueAttributeNameRedrivePolicy)] = string(policy)
	return all
}

// deadAttributes are those of the queue of dead letters. A FIFO queue gets the
// settings without which it takes 300 requests a second in all.
func (p *place) deadAttributes() map[string]string {
	all := map[string]string{
		string(types.QueueAttributeNameMessageRetentionPeriod): strconv.Itoa(int(retention / time.Second)),
	}
	if p.fifo() {
		all[string(types.QueueAttributeNameFifoQueue)] = "true"
		all[string(types.QueueAttributeNameDeduplicationScope)] = "messageGroup"
		all[string(types.QueueAttributeNameFifoThroughputLimit)] = "perMessageGroupId"
	}
	return all
}

type redrivePolicy struct {
	Target string      `json:"deadLetterTargetArn"`
	Count  json.Number `json:"maxReceiveCount"` // people write it as a text, too
}

// deadLetters is where the messages go that the queue gives up: where the
// address says, else where its redrive policy says.
func (b *Broker) deadLetters(ctx context.Context) (name, account string, err error) {
	if b.place.deadNamed {
		return b.place.deadLetters, b.place.account, nil
	}
	url, err := b.url(ctx, b.place.queue, b.place.account)
	if err != nil {
		return "", "", err
	}
	told, err := b.attributes(ctx, url, types.QueueAttributeNameRedrivePolicy)
	if err != nil {
		return "", "", err
	}
	text := told[string(types.QueueAttributeNameRedrivePolicy)]
	if text == "" {
		return "", "", queue.ErrNoDeadLetters
	}
	var policy redrivePolicy
	if err := json.Unmarshal([]byte(text), &policy); err != nil {
		return "", "", fmt.Errorf("redrive policy: %w", err)
	}
	parts := strings.Split(policy.Target, ":") // arn:aws:sqs:region:account:name
	if len(parts) != 6 {
		return "", "", fmt.Errorf("redrive policy names %q", policy.Target)
	}
	if b.place.account == "" {
		return parts[5], "", nil // of our own, however that is numbered
	}
	return parts[5], parts[4], nil
}
