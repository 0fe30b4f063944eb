package jetstream

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/nats-io/nats.go"

	"recibo/queue"
)

// Bounds of one atomic batch. The server's own are 1000 messages and what it
// buffers for a stream.
const (
	batchMessages = 1000
	batchBytes    = 4 << 20
	batchesAhead  = 2 // sent before the first of them is answered
)

var (
	errTooBig  = errors.New("larger than the server takes")
	errNotSent = errors.New("not sent after an earlier failure")
	errNoReply = errors.New("no reply")
	errLost    = errors.New("connection lost before the reply")
)

// publisher sends batches that the server stores as a whole, or, where the
// stream does not allow that, messages with a reply each.
type publisher struct {
	b       *Broker
	subject string
	atomic  bool
	largest int // a message with its headers; what the server and the stream take
	replies *replies

	closing sync.Once
	closed  chan struct{}
}

func (b *Broker) openPublisher(ctx context.Context) (*publisher, error) {
	info, err := b.streamInfo(ctx)
	if err != nil {
		return nil, err
	}
	subject, err := publishSubject(info)
	if err != nil {
		return nil, err
	}
	p := &publisher{b: b, subject: subject, atomic: info.Config.AllowAtomicPublish, closed: make(chan struct{})}
	p.largest = int(b.conn().MaxPayload())
	if limit := int(info.Config.MaxMsgSize); limit > 0 {
		p.largest = min(p.largest, limit)
	}
	p.replies, err = listen(b.conn())
	return p, err
}

// Publish returns nil once the server has written and synced all messages.
func (p *publisher) Publish(ctx context.Context, ms []queue.Message) error {
	if err := p.usable(ctx); err != nil {
		return &queue.PartialError{Refused: span(0, len(ms)), Err: err}
	}
	run := &publishing{p: p, ctx: ctx}
	var next []*nats.Msg
	var at []int
	size := 0
	for i, m := range ms {
		msg := encode(p.subject, m)
		n := msg.Size() + batchHeaderBytes
		if n > p.largest {
			run.refuse([]int{i}, errTooBig)
			continue
		}
		if len(next) == batchMessages || (size+n > batchBytes && len(next) > 0) {
			run.send(next, at)
			next, at, size = nil, nil, 0
		}
		next, at, size = append(next, msg), append(at, i), size+n
	}
	if len(next) > 0 {
		run.send(next, at)
	}
	return run.result()
}

func (p *publisher) usable(ctx context.Context) error {
	if over(p.closed) {
		return fmt.Errorf("publisher of %s: %w", p.b.target, queue.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return p.b.link.down()
}

// Close ends what still waits for a reply.
func (p *publisher) Close(context.Context) error {
	p.closing.Do(func() {
		close(p.closed)
		p.replies.close()
		p.b.ends.Forget(p)
	})
	return nil
}

// publishing is one call of Publish.
type publishing struct {
	p       *publisher
	ctx     context.Context
	ahead   []*batch
	failed  error // the first failure other than for size: nothing is sent after it
	refused []int
	unknown []int
	first   error
}

func (r *publishing) refuse(at []int, err error) {
	r.refused = append(r.refused, at...)
	r.note(err)
}

func (r *publishing) note(err error) {
	if r.first == nil || errors.Is(r.first, errTooBig) {
		r.first = err
	}
	if !errors.Is(err, errTooBig) && r.failed == nil {
		r.failed = err
	}
}

// send publishes one batch, once there is room ahead.
func (r *publishing) send(msgs []*nats.Msg, at []int) {
	if len(r.ahead) == batchesAhead {
		r.settle()
	}
	if r.failed != nil {
		r.refuse(at, errNotSent)
		return
	}
	b, err := r.p.start(msgs, at)
	if err != nil {
		r.unsent(b, err)
		return
	}
	r.ahead = append(r.ahead, b)
}

// unsent judges a batch that could not be sent as a whole: what may have been
// sent may have been stored.
func (r *publishing) unsent(b *batch, err error) {
	b.forget()
	r.unknown = append(r.unknown, b.at[:b.sent]...)
	r.refuse(b.at[b.sent:], err)
}

// settle waits for the oldest batch ahead.
func (r *publishing) settle() {
	b := r.ahead[0]
	r.ahead = r.ahead[1:]
	ctx, cancel := context.WithTimeout(r.ctx, publishTimeout)
	defer cancel()
	refused, unknown, err := b.wait(ctx, r.p.closed)
	r.refused = append(r.refused, refused...)
	r.unknown = append(r.unknown, unknown...)
	if err != nil {
		r.note(err)
	}
}

func (r *publishing) result() error {
	for len(r.ahead) > 0 {
		r.settle()
	}
	if len(r.refused)+len(r.unknown) == 0 {
		return nil
	}
	return &queue.PartialError{Refused: r.refused, Unknown: r.unknown, TooBig: r.failed == nil,
		Err: fmt.Errorf("publish to %s: %w", r.p.b.target, r.first)}
}

// span is from, from+1, up to but not to.
func span(from, to int) []int {
	is := make([]int, 0, to-from)
	for i := from; i < to; i++ {
		is = append(is, i)
	}
	return is
}
