package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
)

var (
	errNoAck   = errors.New("no answer")
	errClosing = errors.New("publisher closed before the answer")
)

// publishing is one call of Publish.
type publishing struct {
	p       *publisher
	c       *producer
	ms      []queue.Message
	records []kgo.Record
	before  int // requests with messages that were sent earlier
	done    chan struct{}

	mu       sync.Mutex
	left     int // without an answer
	accepted []bool
	failed   map[int]error
}

func newPublishing(p *publisher, c *producer, ms []queue.Message) *publishing {
	r := &publishing{p: p, c: c, ms: ms, before: c.wires.sent(), done: make(chan struct{}), left: len(ms), failed: map[int]error{}}
	r.records, r.accepted = make([]kgo.Record, len(ms)), make([]bool, len(ms))
	for i := range ms {
		encode(&ms[i], &r.records[i])
	}
	return r
}

func (r *publishing) run(ctx context.Context) error {
	// The library cannot take back what it has sent, so its context is not
	// ours: we give it up as a whole.
	buffering, cancel := context.WithCancel(context.Background())
	defer cancel()
	var sending sync.WaitGroup
	sending.Go(func() {
		for i := range r.records {
			r.c.client.Produce(buffering, &r.records[i], func(_ *kgo.Record, err error) { r.answered(i, err) })
		}
	})
	gaveUp := r.await(ctx)
	if gaveUp != nil {
		r.mu.Lock()
		r.left = -1 // what comes now is too late
		r.mu.Unlock()
		cancel()
		r.p.retire(r.c)
	}
	sending.Wait()
	if gaveUp == nil {
		r.oneByOne(ctx)
	}
	err := r.result(gaveUp)
	if missing(err) {
		r.p.retire(r.c) // it stays with a topic that was deleted
	}
	return err
}

// answered is called with the fate of each message.
func (r *publishing) answered(i int, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.left <= 0 {
		return
	}
	if r.accepted[i] = err == nil; err != nil {
		r.failed[i] = err
	}
	if r.left--; r.left == 0 {
		close(r.done)
	}
}

// oneByOne sends again, each alone, what the broker found too large together:
// it refuses whole batches, and its limit may be lower than ours.
func (r *publishing) oneByOne(ctx context.Context) {
	for i := range r.ms {
		if len(r.ms) == 1 || !errors.Is(r.failed[i], kerr.MessageTooLarge) {
			continue
		}
		alone := newPublishing(r.p, r.c, r.ms[i:i+1])
		delete(r.failed, i)
		var partial *queue.PartialError
		switch err := alone.run(ctx); {
		case err == nil:
			r.accepted[i] = true
		case errors.As(err, &partial) && len(partial.Refused) == 1:
			r.failed[i] = partial.Err
		default:
			r.failed[i] = fmt.Errorf("%w: %w", errNoAck, err)
		}
	}
}

// await waits for all answers, as long as there are some. It returns why it
// waits no longer.
func (r *publishing) await(ctx context.Context) error {
	ticker := time.NewTicker(lookEvery)
	defer ticker.Stop()
	moved, left := time.Now(), len(r.ms)
	for {
		select {
		case <-r.done:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", errNoAck, ctx.Err())
		case <-r.p.closed:
			return errClosing
		case <-ticker.C:
		}
		r.mu.Lock()
		if r.left < left {
			moved, left = time.Now(), r.left
		}
		r.mu.Unlock()
		if why := r.c.health.failing(); why != nil && time.Since(moved) > outageAfter {
			return fmt.Errorf("%w: %w", errNoAck, why)
		}
		if time.Since(moved) > publishTimeout {
			return fmt.Errorf("%w within %v", errNoAck, publishTimeout)
		}
	}
}

// result tells the fates. Without a request that was sent the broker can have
// nothing of it.
func (r *publishing) result(gaveUp error) error {
	if gaveUp == nil && len(r.failed) == 0 {
		return nil
	}
	sent := r.c.wires.sent() > r.before
	partial := &queue.PartialError{TooBig: gaveUp == nil}
	first := gaveUp
	for i := range r.ms {
		if r.accepted[i] {
			continue
		}
		err := r.failed[i]
		if err != nil && first == nil {
			first = err
		}
		if !errors.Is(err, kerr.MessageTooLarge) {
			partial.TooBig = false
		}
		if surelyNot(err) || !sent {
			partial.Refused = append(partial.Refused, i)
		} else {
			partial.Unknown = append(partial.Unknown, i)
		}
	}
	if len(partial.Refused)+len(partial.Unknown) == 0 {
		return nil // the last answer came when we gave up
	}
	partial.Err = fmt.Errorf("publish to %s: %w", r.p.b.place.target, first)
	return partial
}

// surelyNot says whether an error means that the broker does not have a
// message.
func surelyNot(err error) bool {
	for _, kind := range []error{
		kerr.MessageTooLarge, kerr.RecordListTooLarge, kerr.TopicAuthorizationFailed, kerr.ClusterAuthorizationFailed,
		kerr.UnknownTopicOrPartition, kerr.InvalidRecord, kerr.InvalidTimestamp, kerr.UnsupportedForMessageFormat, kerr.InvalidRequiredAcks,
		kerr.PolicyViolation, kerr.SaslAuthenticationFailed,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}
