package sqs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	aws "github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"recibo/queue"
)

type fate uint8

const (
	accepted fate = iota
	refused
	unknown
)

// publishing is one call of Publish.
type publishing struct {
	p   *publisher
	ctx context.Context

	mu     sync.Mutex
	fates  []fate
	first  error // to be told
	failed error // the first failure other than for size: nothing is sent after it
}

func (r *publishing) run(ms []queue.Message) {
	lanes := r.p.pack(ms, func(i int) { r.end(i, refused, errTooBig) })
	var next atomic.Int64
	work := func() {
		for i := next.Add(1) - 1; i < int64(len(lanes)); i = next.Add(1) - 1 {
			for _, batch := range lanes[i] {
				r.send(batch)
			}
		}
	}
	var wait sync.WaitGroup
	for range min(len(lanes), senders) - 1 {
		wait.Go(work)
	}
	work()
	wait.Wait()
}

func (r *publishing) end(at int, f fate, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fates[at] = f
	if r.first == nil || errors.Is(r.first, errTooBig) {
		r.first = err
	}
	if r.failed == nil && !errors.Is(err, errTooBig) {
		r.failed = err
	}
}

func (r *publishing) endAll(batch []entry, f fate, err error) {
	for _, e := range batch {
		r.end(e.at, f, err)
	}
}

func (r *publishing) stopped() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.failed != nil
}

// send finds the fate of every message of a batch. What SQS could not do just
// now is tried again for a while; what it did not answer only in a FIFO queue,
// which knows a publication again.
func (r *publishing) send(batch []entry) {
	if r.stopped() {
		r.endAll(batch, refused, errNotSent)
		return
	}
	until := time.Now().Add(answerTimeout)
	waits := attempts()
	f := refused // of what is left, or unknown once there was no answer
	for {
		var err error
		batch, err = r.request(batch)
		switch {
		case len(batch) == 0:
			return
		case tooLong(err) && len(batch) == 1:
			r.endAll(batch, refused, errTooBig)
			return
		case tooLong(err):
			r.send(batch[:len(batch)/2])
			r.send(batch[len(batch)/2:])
			return
		case unanswered(err):
			f = unknown
		}
		again := f == unknown && r.p.b.place.fifo() || errors.Is(err, errPart) || said(err, busyCodes)
		if !again || time.Now().After(until) || r.ctx.Err() != nil || sleep(r.ctx, waits.NextBackOff()) != nil {
			r.endAll(batch, f, err)
			return
		}
	}
}

// request sends a batch once and returns what was not accepted, with the
// reason. What never will be has its fate then.
func (r *publishing) request(batch []entry) ([]entry, error) {
	select {
	case r.p.slots <- struct{}{}:
		defer func() { <-r.p.slots }()
	case <-r.ctx.Done():
		return batch, fmt.Errorf("%w: %w", errNotSent, context.Cause(r.ctx))
	}
	in := &aws.SendMessageBatchInput{QueueUrl: &r.p.url, Entries: label(batch)}
	out, err := call(r.ctx, answerTimeout, r.p.b.api.SendMessageBatch, in, once)
	if err != nil {
		return batch, err
	}
	taken := make([]bool, len(batch))
	for _, each := range out.Successful {
		if i := which(each.Id, len(batch)); i >= 0 {
			taken[i] = true
		}
	}
	var rest []entry
	for _, each := range out.Failed {
		i := which(each.Id, len(batch))
		if i < 0 || taken[i] {
			continue
		}
		taken[i] = true
		why := reason(each)
		switch {
		case isTooLong(why.code, why.text):
			r.end(batch[i].at, refused, errTooBig)
		case each.SenderFault:
			r.end(batch[i].at, refused, why)
		default:
			rest, err = append(rest, batch[i]), fmt.Errorf("%w: %w", errPart, why)
		}
	}
	for i, e := range batch { // not named at all
		if !taken[i] {
			r.end(e.at, unknown, fmt.Errorf("%w for a message of a batch", errNoAnswer))
		}
	}
	return rest, err
}

// errPart is for parts of a batch that failed while the request did not.
var errPart = errors.New("part of a batch failed")

func reason(e types.BatchResultErrorEntry) *answer {
	a := &answer{}
	if e.Code != nil {
		a.code = plainCode(*e.Code)
	}
	if e.Message != nil {
		a.text = *e.Message
	}
	return a
}

// unanswered says that a request may have been done.
func unanswered(err error) bool {
	if errors.Is(err, errPart) || errors.Is(err, errNotSent) || unsent(err) {
		return false
	}
	a, ok := errors.AsType[*answer](err)
	return !ok || a.status >= 500 && !said(err, busyCodes)
}

func (r *publishing) result() error {
	var refusals, doubts []int
	for i, f := range r.fates {
		switch f {
		case refused:
			refusals = append(refusals, i)
		case unknown:
			doubts = append(doubts, i)
		}
	}
	if len(refusals)+len(doubts) == 0 {
		return nil
	}
	return &queue.PartialError{Refused: refusals, Unknown: doubts, TooBig: r.failed == nil,
		Err: fmt.Errorf("publish to %s: %w", r.p.b.place.target, r.first)}
}
