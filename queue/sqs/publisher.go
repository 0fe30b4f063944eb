package sqs

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

// mostBytes is what SQS takes in one request, and in one message unless the
// queue says less.
const mostBytes = 1 << 20

// publisher sends batches, several at once.
type publisher struct {
	b       *Broker
	url     string
	largest atomic.Int64  // bytes of a message that the queue takes
	slots   chan struct{} // requests at once, of all calls
	numbers *numbering

	life  context.Context // ends with Close
	close context.CancelCauseFunc
}

var errClosing = fmt.Errorf("publisher closed before the answer: %w", queue.ErrClosed)

// openPublisher asks whether we may send, by a request to send nothing, and how
// much.
func (b *Broker) openPublisher(ctx context.Context) (*publisher, error) {
	url, err := b.url(ctx, b.place.queue, b.place.account)
	if err != nil {
		return nil, err
	}
	p := &publisher{b: b, url: url, slots: make(chan struct{}, senders), numbers: newNumbering()}
	p.life, p.close = context.WithCancelCause(context.Background())
	p.largest.Store(mostBytes)
	told, err := b.attributes(ctx, url, types.QueueAttributeNameMaximumMessageSize)
	if err != nil {
		return nil, err
	}
	if n, err := strconv.ParseInt(told[string(types.QueueAttributeNameMaximumMessageSize)], 10, 64); err == nil {
		p.largest.Store(min(n, mostBytes))
	}
	in := &aws.SendMessageBatchInput{QueueUrl: &url, Entries: []types.SendMessageBatchRequestEntry{}}
	_, err = call(ctx, answerTimeout, b.api.SendMessageBatch, in)
	return p, allowed(err)
}

// allowed is the error of a request that asks for nothing: that it does so is
// none.
func allowed(err error) error {
	if said(err, []string{"EmptyBatchRequest"}) {
		return nil
	}
	return err
}

// Publish returns nil once SQS has all messages, which it keeps in several
// places.
func (p *publisher) Publish(ctx context.Context, ms []queue.Message) error {
	if err := p.usable(ctx); err != nil {
		return refuseAll(len(ms), err)
	}
	if len(ms) == 0 {
		return nil
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(p.life, func() { cancel(errClosing) })()
	call := &publishing{p: p, ctx: ctx, fates: make([]fate, len(ms))}
	call.run(ms)
	return call.result()
}

func refuseAll(n int, err error) error {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return &queue.PartialError{Refused: all, Err: err}
}

func (p *publisher) usable(ctx context.Context) error {
	if p.life.Err() != nil {
		return fmt.Errorf("publisher of %s: %w", p.b.place.target, queue.ErrClosed)
	}
	return ctx.Err()
}

// Close ends what still waits for an answer.
func (p *publisher) Close(context.Context) error {
	p.close(errClosing)
	p.b.ends.Forget(p)
	return nil
}

var (
	errTooBig  = errors.New("larger than the queue takes")
	errNotSent = errors.New("not sent after an earlier failure")
)
