package sqs

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

// Ack deletes messages. What is of another source, or was settled before, is
// passed over; a handle that SQS does not take any more is that of a message
// which somebody else has now.
func (s *source) Ack(ctx context.Context, ds []queue.Delivery) error {
	all := make([]*holding, 0, len(ds))
	s.mu.Lock()
	for _, d := range ds {
		if h, ok := d.Receipt.(*holding); ok && s.held[h.id] == h {
			s.drop(h)
			all = append(all, h)
		}
	}
	s.plan()
	s.mu.Unlock()
	if err := s.inBatches(ctx, settleTimeout, all, s.delete); err != nil {
		return fmt.Errorf("queue %s: ack: %w", s.b.place.target, err)
	}
	return nil
}

// release makes messages visible to others at once.
func (s *source) release(ctx context.Context, all []*holding) error {
	return s.inBatches(ctx, releaseTimeout, all, func(ctx context.Context, batch []*holding) ([]*holding, error) {
		rest, _, err := s.hide(ctx, batch, 0)
		return rest, err
	})
}

// inBatches does something with all, ten at a time, several at once, and again
// with what could not be done, for a while.
func (s *source) inBatches(ctx context.Context, within time.Duration, all []*holding, do func(context.Context, []*holding) ([]*holding, error)) error {
	if len(all) == 0 {
		return nil
	}
	ctx, cancel := context.WithTimeoutCause(ctx, within, fmt.Errorf("%w within %v", errNoAnswer, within))
	defer cancel()
	var mu sync.Mutex
	var first error
	var wait sync.WaitGroup
	work := func(batch []*holding) {
		defer func() { <-s.slots }()
		if err := persist(ctx, batch, do); err != nil {
			mu.Lock()
			defer mu.Unlock()
			if first == nil {
				first = err
			}
		}
	}
	for batch := range slices.Chunk(all, perBatch) {
		select {
		case s.slots <- struct{}{}:
		case <-ctx.Done():
			wait.Wait()
			return context.Cause(ctx)
		}
		if len(all) <= perBatch {
			work(batch)
		} else {
			wait.Go(func() { work(batch) })
		}
	}
	wait.Wait()
	return first
}

// persist does something again with what it leaves, until that is nothing or
// ctx ends. Rights that are missing do not come by waiting a moment.
func persist(ctx context.Context, batch []*holding, do func(context.Context, []*holding) ([]*holding, error)) error {
	waits := attempts()
	for {
		rest, err := do(ctx, batch)
		if len(rest) == 0 || said(err, deniedCodes) || missing(err) {
			return err
		}
		batch = rest
		if sleep(ctx, waits.NextBackOff()) != nil {
			return err
		}
	}
}

// delete returns what has to be tried again. A repeated one does no harm.
func (s *source) delete(ctx context.Context, batch []*holding) ([]*holding, error) {
	in := &aws.DeleteMessageBatchInput{QueueUrl: &s.url, Entries: make([]types.DeleteMessageBatchRequestEntry, len(batch))}
	for i, handle := range s.handles(batch) {
		in.Entries[i] = types.DeleteMessageBatchRequestEntry{Id: &digits[i], ReceiptHandle: &handle}
	}
	out, err := call(ctx, answerTimeout, s.b.api.DeleteMessageBatch, in, once)
	if err != nil {
		return batch, err
	}
	rest, _, err := sort(batch, out.Failed)
	return rest, err
}

// hide keeps messages hidden for so long from now; with 0 they are visible at
// once. It returns what has to be tried again, and what is not ours any more.
func (s *source) hide(ctx context.Context, batch []*holding, d time.Duration) (rest, lost []*holding, err error) {
	in := &aws.ChangeMessageVisibilityBatchInput{QueueUrl: &s.url, Entries: make([]types.ChangeMessageVisibilityBatchRequestEntry, len(batch))}
	for i, handle := range s.handles(batch) {
		left := max(0, min(d, longestHeld-time.Since(batch[i].since)-margin))
		in.Entries[i] = types.ChangeMessageVisibilityBatchRequestEntry{Id: &digits[i], ReceiptHandle: &handle, VisibilityTimeout: int32(left / time.Second)}
	}
	out, err := call(ctx, answerTimeout, s.b.api.ChangeMessageVisibilityBatch, in, once)
	if err != nil {
		return batch, nil, err
	}
	return sort(batch, out.Failed)
}

// handles are those of now: what comes again has another.
func (s *source) handles(batch []*holding) []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := make([]string, len(batch))
	for i, h := range batch {
		all[i] = h.handle
	}
	return all
}

// sort tells apart what failed in a batch: what has to be tried again, with the
// reason, and what is not ours any more, which is no error.
func sort(batch []*holding, failed []types.BatchResultErrorEntry) (rest, lost []*holding, err error) {
	for _, each := range failed {
		i := which(each.Id, len(batch))
		if i < 0 {
			continue
		}
		if why := reason(each); each.SenderFault && slices.Contains(staleCodes, why.code) {
			lost = append(lost, batch[i])
		} else {
			rest, err = append(rest, batch[i]), errors.Join(errPart, why)
		}
	}
	return rest, lost, err
}
