package rabbitmq

import (
	"context"
	"errors"

	amqp "github.com/rabbitmq/amqp091-go"
)

// lane is a channel in confirm mode. One call of Publish at a time has it, so
// that everything the server says on it is about that call.
type lane struct {
	session *session
	ch      *amqp.Channel
	returns chan amqp.Return // has room for all messages on the way: the library would drop what finds none
	ended   chan *amqp.Error // why the server closed the channel
	reason  error            // that, once it was asked for
}

func openLane(ctx context.Context, s *session) (*lane, error) {
	return answer(ctx, s, func() (*lane, error) {
		ch, err := s.conn.Channel()
		if err != nil {
			return nil, err
		}
		l := &lane{
			session: s, ch: ch,
			returns: ch.NotifyReturn(make(chan amqp.Return, windowMessages)),
			ended:   ch.NotifyClose(make(chan *amqp.Error, 1)),
		}
		return l, ch.Confirm(false)
	}, (*lane).drop)
}

// nowhere is a routing key without a queue.
const nowhere = "recibo asks whether it may publish"

// try publishes a message that goes nowhere and comes back, to see whether we
// may publish at all.
func (l *lane) try(ctx context.Context) error {
	_, err := answer(ctx, l.session, func() (struct{}, error) {
		confirm, err := l.ch.PublishWithDeferredConfirm("", nowhere, true, false, amqp.Publishing{})
		if err != nil {
			return struct{}{}, err
		}
		if !confirm.Wait() {
			return struct{}{}, l.why()
		}
		<-l.returns
		return struct{}{}, nil
	}, nil)
	return err
}

// why is the reason for which a closed lane ended.
func (l *lane) why() error {
	if l.reason == nil {
		if said := <-l.ended; said != nil {
			l.reason = l.session.explain(said)
		} else {
			l.reason = errLost
		}
	}
	return l.reason
}

// fits says whether the headers of a message go into one frame, as they must.
func (l *lane) fits(m amqp.Publishing) bool {
	most := l.session.conn.Config.FrameSize
	return len(m.Headers) == 0 || most <= 0 || headerBytes(m) <= most
}

// drop gives a lane up without waiting for the server, which may have blocked
// it.
func (l *lane) drop() {
	go func() { _ = l.ch.Close() }()
}

// close closes the channel.
func (l *lane) close(ctx context.Context) error {
	if l.session.whyBlocked() != nil {
		l.drop()
		return nil
	}
	_, err := answer(ctx, l.session, func() (struct{}, error) { return struct{}{}, l.ch.Close() }, nil)
	if errors.Is(err, errLost) {
		return nil
	}
	return err
}
