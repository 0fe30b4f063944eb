package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/queue"
)

var (
	errTooBig     = errors.New("larger than the server takes")
	errNotSent    = errors.New("not sent after an earlier failure")
	errNoConfirm  = errors.New("no confirm")
	errClosing    = errors.New("publisher closed before the confirm")
	errNack       = errors.New("refused by the broker: the queue is full, or has lost too many nodes")
	errUnroutable = errors.New("the broker has no such queue")
	errAmbiguous  = errors.New("the broker returned one of several messages with one id")
)

// publishing is one call of Publish. Messages are sent ahead of their confirms
// within a window.
type publishing struct {
	p    *publisher
	ctx  context.Context
	lane *lane
	ms   []queue.Message

	window   []sent // on the way, oldest first
	bytes    int    // of those
	fates    []fate
	returned map[string]int // how often, by id

	first  error // to be told
	failed error // the first failure other than for size: nothing is sent after it
	gaveUp error // why confirms are not waited for any more
	guilty bool  // the message that made the server close the channel was found
}

type sent struct {
	at      int // index of the message
	size    int
	confirm *amqp.DeferredConfirmation
}

type fate uint8

const (
	accepted fate = iota
	refused
	unknown
)

func (r *publishing) run() {
	r.fates = make([]fate, len(r.ms))
	wire := r.lane.session.wire
	wire.cork()
	defer wire.uncork()
	for i := range r.ms {
		r.send(i)
	}
	for len(r.window) > 0 {
		r.settle()
	}
	r.bounce()
}

// send puts one message on the way, when there is room.
func (r *publishing) send(i int) {
	m := encode(r.ms[i])
	size := len(m.Body)
	if largest := r.p.largest.Load(); largest > 0 && int64(size) > largest || !r.lane.fits(m) {
		r.end(i, refused, errTooBig)
		return
	}
	for len(r.window) > 0 && (len(r.window) == windowMessages || r.bytes+size > windowBytes) {
		r.settle()
	}
	if r.failed == nil {
		r.note(r.awaitFree())
	}
	if r.failed != nil {
		r.end(i, refused, errNotSent)
		return
	}
	confirm, err := r.lane.ch.PublishWithDeferredConfirm("", r.p.b.place.queue, true, false, m)
	switch {
	case err == nil:
		r.window = append(r.window, sent{i, size, confirm})
		r.bytes += size
	case errors.Is(err, amqp.ErrClosed): // before its last frame was written
		r.end(i, refused, r.lane.why())
	default:
		r.end(i, unknown, r.lane.session.explain(err))
	}
}

func (r *publishing) end(i int, f fate, err error) {
	r.fates[i] = f
	r.note(err)
}

func (r *publishing) note(err error) {
	if err == nil {
		return
	}
	if r.first == nil || errors.Is(r.first, errTooBig) {
		r.first = err
	}
	if r.failed == nil && !errors.Is(err, errTooBig) {
		r.failed = err
	}
}

// settle finds the fate of the oldest message on the way.
func (r *publishing) settle() {
	m := r.window[0]
	r.window = r.window[1:]
	r.bytes -= m.size
	if !over(m.confirm.Done()) {
		if r.gaveUp == nil {
			r.gaveUp = r.whileFlowing(func() error { return r.await(m.confirm) })
		}
		if r.gaveUp != nil && !over(m.confirm.Done()) {
			r.end(m.at, unknown, r.gaveUp)
			return
		}
	}
	r.collect()
	switch {
	case m.confirm.Acked():
	case !r.lane.ch.IsClosed():
		r.end(m.at, refused, errNack)
	default:
		r.interrupted(m)
	}
}

// whileFlowing waits for something with all that was sent on its way, and
// heartbeats.
func (r *publishing) whileFlowing(wait func() error) error {
	wire := r.lane.session.wire
	wire.uncork()
	defer wire.cork()
	return wait()
}

func (r *publishing) awaitFree() error {
	s := r.lane.session
	if s.blocked.Load() == nil {
		return nil
	}
	return r.whileFlowing(func() error { return s.awaitFree(r.ctx) })
}

// await waits for one confirm. The time limit is one of progress: every
// message has its own.
func (r *publishing) await(confirm *amqp.DeferredConfirmation) error {
	timer := time.NewTimer(publishTimeout)
	defer timer.Stop()
	blocked := time.NewTimer(blockedTimeout)
	defer blocked.Stop()
	for {
		select {
		case <-confirm.Done():
			return nil
		case <-blocked.C:
			if why := r.lane.session.whyBlocked(); why != nil {
				return why
			}
		case <-timer.C:
			return fmt.Errorf("%w within %v", errNoConfirm, publishTimeout)
		case <-r.p.closed:
			return errClosing
		case <-r.ctx.Done():
			return fmt.Errorf("%w: %w", errNoConfirm, r.ctx.Err())
		}
	}
}

// collect takes what the broker has returned. A return comes before the
// confirm of its message.
func (r *publishing) collect() {
	for {
		select {
		case back, ok := <-r.lane.returns:
			if !ok {
				return
			}
			if r.returned == nil {
				r.returned = map[string]int{}
			}
			r.returned[idOf(back)]++
			r.note(fmt.Errorf("%w: %s (%d)", errUnroutable, back.ReplyText, back.ReplyCode))
		default:
			return
		}
	}
}

func idOf(back amqp.Return) string {
	if long, ok := back.Headers[idHeader].(string); ok {
		return long
	}
	return back.MessageId
}

// interrupted judges a message that was on the way when the channel ended. If
// that was for a message's size, what came after that one was not looked at.
func (r *publishing) interrupted(m sent) {
	why := r.lane.why()
	size, largest, oversize := tooLarge(why)
	switch {
	case r.guilty:
		r.end(m.at, refused, errNotSent)
	case oversize && m.size == size:
		r.guilty = true
		r.p.largest.Store(int64(largest))
		r.end(m.at, refused, errTooBig)
	case oversize:
		r.end(m.at, unknown, fmt.Errorf("%w: the channel was closed for another message", errNoConfirm))
	default:
		r.end(m.at, unknown, why)
	}
}

// bounce judges what was confirmed and yet returned. Ids name publications, but
// need not be unique.
func (r *publishing) bounce() {
	if len(r.returned) == 0 {
		return
	}
	confirmed := map[string]int{}
	for i, f := range r.fates {
		if f == accepted {
			confirmed[r.ms[i].ID]++
		}
	}
	for i, f := range r.fates {
		back := r.returned[r.ms[i].ID]
		switch {
		case f != accepted || back == 0:
		case back >= confirmed[r.ms[i].ID]:
			r.fates[i] = refused
		default:
			r.end(i, unknown, errAmbiguous)
		}
	}
}

// clean says whether the lane has nothing more to say about this call.
func (r *publishing) clean() bool { return r.gaveUp == nil && !r.lane.ch.IsClosed() }

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
