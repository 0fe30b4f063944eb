package rabbitmq

import (
	"maps"
	"strconv"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"
)

// Arguments of queues.
const (
	queueType          = "x-queue-type"
	quorum             = "quorum"
	deadLetterExchange = "x-dead-letter-exchange"
	deadLetterStrategy = "x-dead-letter-strategy"
	overflow           = "x-overflow"
	deliveryLimit      = "x-delivery-limit"
)

// release is a version of RabbitMQ: 3.10.8 is {3, 10}.
type release struct{ major, minor int }

func (r release) since(major, minor int) bool {
	return r.major > major || (r.major == major && r.minor >= minor)
}

// releaseOf reads the version that a server tells. One that is not RabbitMQ
// counts as an old one.
func releaseOf(properties amqp.Table) release {
	if product, _ := properties["product"].(string); product != "RabbitMQ" {
		return release{}
	}
	version, _ := properties["version"].(string)
	parts := strings.SplitN(version, ".", 3)
	if len(parts) < 2 {
		return release{}
	}
	major, _ := strconv.Atoi(parts[0])
	minor, _ := strconv.Atoi(parts[1])
	return release{major, minor}
}

// generations of arguments, newest first: what each server lets us say, and
// what an older one let us say when it made the queue.
type vintages []amqp.Table

// paymentArguments are those of the queue. Messages that it gives up go to the
// queue of dead letters, and leave it only once they are there; and no message
// is given up for having been delivered too often, since an outage of the
// database delivers again.
func (p *place) paymentArguments(r release) vintages {
	oldest := amqp.Table{queueType: quorum, deadLetterExchange: p.exchange()}
	all := vintages{oldest}
	if r.since(3, 10) {
		all = all.newer(amqp.Table{deadLetterStrategy: "at-least-once", overflow: "reject-publish"})
	}
	if r.since(4, 0) {
		all = all.newer(amqp.Table{deliveryLimit: -1})
	}
	return all
}

// deadArguments are those of the queue of dead letters.
func (p *place) deadArguments(r release) vintages {
	all := vintages{{queueType: quorum}}
	if r.since(4, 0) {
		all = all.newer(amqp.Table{deliveryLimit: -1})
	}
	return all
}

func (v vintages) newer(more amqp.Table) vintages {
	newest := maps.Clone(v[0])
	maps.Copy(newest, more)
	return append(vintages{newest}, v...)
}
