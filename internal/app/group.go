package app

import (
	"context"
	"log/slog"
	"maps"
	"strings"

	"recibo/internal/config"
	"recibo/queue"
	"recibo/queue/sqs"
	"recibo/wire"
)

// openSQS names to a FIFO queue the group in which it keeps the order.
func openSQS(ctx context.Context, a config.Address, log *slog.Logger) (queue.Broker, error) {
	b, err := dialSQS(ctx, a, log)
	name, _, _ := strings.Cut(a.Rest(), "?")
	if err != nil || !strings.HasSuffix(name, sqs.FIFO) {
		return b, err
	}
	return grouping{b}, nil
}

var dialSQS = dialer(sqs.Dial, func(l *slog.Logger) sqs.Options { return sqs.Options{Log: l} })

// grouping is a Broker whose publishers keep the payments of one payer in
// order.
type grouping struct{ queue.Broker }

// Publisher opens one that names the group of each message.
func (g grouping) Publisher(ctx context.Context) (queue.Publisher, error) {
	p, err := g.Broker.Publisher(ctx)
	if err != nil {
		return nil, err
	}
	return groupingPublisher{p}, nil
}

type groupingPublisher struct{ queue.Publisher }

// Publish names the payer's account as the group, of which the adapter sends a
// keyed hash only. What is no event has the group of its key.
func (g groupingPublisher) Publish(ctx context.Context, ms []queue.Message) error {
	named := make([]queue.Message, len(ms))
	for i, m := range ms {
		if event, err := wire.Decode(m.Body, wire.Options{}); err == nil {
			m.Headers = maps.Clone(m.Headers)
			if m.Headers == nil {
				m.Headers = map[string]string{}
			}
			m.Headers[sqs.GroupHeader] = event.PayerAccount
		}
		named[i] = m
	}
	return g.Publisher.Publish(ctx, named)
}
