package rabbitmq

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"
)

// TestArgumentsByVersion: what a server is told, and what is taken for ours
// when an older one made it. Servers since 4.0 cannot be had here.
func TestArgumentsByVersion(t *testing.T) {
	oldest := amqp.Table{queueType: "quorum", deadLetterExchange: "pay.dlx"}
	safe := amqp.Table{queueType: "quorum", deadLetterExchange: "pay.dlx", deadLetterStrategy: "at-least-once", overflow: "reject-publish"}
	patient := amqp.Table{queueType: "quorum", deadLetterExchange: "pay.dlx", deadLetterStrategy: "at-least-once", overflow: "reject-publish", deliveryLimit: -1}
	p := &place{queue: "pay"}
	for version, want := range map[string]vintages{
		"3.9.29": {oldest}, "3.10.8": {safe, oldest}, "3.13.7": {safe, oldest},
		"4.0.0": {patient, safe, oldest}, "4.3.1-rc.1": {patient, safe, oldest}, "10.0.0": {patient, safe, oldest}, "master": {oldest},
	} {
		got := p.paymentArguments(releaseOf(amqp.Table{"product": "RabbitMQ", "version": version}))
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", version, diff)
		}
		if err := got[0].Validate(); err != nil {
			t.Errorf("%s: %v", version, err)
		}
	}
	if got := p.paymentArguments(releaseOf(amqp.Table{"product": "LavinMQ", "version": "4.0.0"})); len(got) != 1 {
		t.Errorf("a server that is not RabbitMQ is told %v", got)
	}
	if got := p.deadArguments(release{4, 1}); got[0][deliveryLimit] != -1 || len(got) != 2 {
		t.Errorf("dead letters on 4.1: %v", got)
	}
}
