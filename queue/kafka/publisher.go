package kafka

import (
	"context"
	"fmt"
	"sync"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
)

const (
	linger = 0       // Publish waits for its messages: holding them back gains nothing
	window = 1 << 17 // messages that may be on the way; a call that has more waits
)

// publisher shares one producer among its calls. A producer that left a message
// without an answer is given up, and with it what it still had: it might send
// that later.
type publisher struct {
	b      *Broker
	closed chan struct{}

	mu       sync.Mutex
	producer *producer // nil: make one
	isClosed bool
	retiring sync.WaitGroup
}

// producer is a client that publishes.
type producer struct {
	client *kgo.Client
	health *health
	wires  *wires
}

func (b *Broker) openPublisher(ctx context.Context) (*publisher, error) {
	found, err := b.look(ctx)
	if err != nil {
		return nil, err
	}
	if !found.may(kadm.OpWrite) {
		return nil, denied{"write", "topic " + b.place.topic}
	}
	p := &publisher{b: b, closed: make(chan struct{})}
	c, err := p.take()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeoutCause(ctx, answerTimeout, errNoAnswer)
	defer cancel()
	if _, _, err := c.client.ProducerID(ctx); err != nil {
		c.client.Close()
		return nil, withCause(ctx, err)
	}
	return p, nil
}

// take returns the producer.
func (p *publisher) take() (*producer, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.isClosed {
		return nil, fmt.Errorf("publisher of %s: %w", p.b.place.target, queue.ErrClosed)
	}
	if p.producer != nil {
		return p.producer, nil
	}
	client, h, w, err := p.b.newClient(
		kgo.DefaultProduceTopic(p.b.place.topic),
		kgo.RequiredAcks(kgo.AllISRAcks()), // and idempotent, by default
		kgo.ProducerLinger(linger),
		kgo.MaxBufferedRecords(window),
		kgo.ProducerBatchMaxBytes(p.b.place.largest),
		kgo.ProduceRequestTimeout(publishTimeout),
	)
	if err != nil {
		return nil, err
	}
	p.producer = &producer{client: client, health: h, wires: w}
	return p.producer, nil
}

// retire gives a producer up. It returns how many requests with messages it
// ever began to send; there will be no more.
func (p *publisher) retire(c *producer) int {
	sent := c.wires.seal()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.producer == c {
		p.producer = nil
		p.retiring.Go(c.client.Close)
	}
	return sent
}

// Publish returns nil once the broker and all replicas that are in step have
// all messages.
func (p *publisher) Publish(ctx context.Context, ms []queue.Message) error {
	c, err := p.take()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return refuseAll(len(ms), err)
	}
	if len(ms) == 0 {
		return nil
	}
	return newPublishing(p, c, ms).run(ctx)
}

func refuseAll(n int, err error) error {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return &queue.PartialError{Refused: all, Err: err}
}

// Close ends what still waits for an answer.
func (p *publisher) Close(context.Context) error {
	p.mu.Lock()
	if p.isClosed {
		p.mu.Unlock()
		return nil
	}
	p.isClosed = true
	close(p.closed)
	c := p.producer
	p.producer = nil
	p.mu.Unlock()
	if c != nil {
		c.wires.seal()
		c.client.Close()
	}
	p.retiring.Wait()
	p.b.ends.Forget(p)
	return nil
}
