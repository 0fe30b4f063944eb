package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/queue"
)

// generation is one channel, and what was delivered on it. A tag means nothing
// on another channel.
type generation struct {
	session    *session
	ch         *amqp.Channel
	ended      chan *amqp.Error // why the server closed the channel
	began      time.Time
	deliveries <-chan amqp.Delivery

	// Guarded by the source's lock.
	tags      tags
	buffer    []queue.Delivery // not handed out yet
	ackedAt   time.Duration    // age at the last ack
	pacing    bool             // a timer will ack what came too soon after it
	gathering bool             // a timer will ack what is overdue
}

// receipt is the Receipt of a delivery.
type receipt struct {
	of  *generation
	tag uint64
}

func newGeneration(s *session, ch *amqp.Channel) *generation {
	return &generation{session: s, ch: ch, ended: ch.NotifyClose(make(chan *amqp.Error, 1)), began: time.Now(), tags: newTags()}
}

func (g *generation) age() time.Duration { return time.Since(g.began) }

// worked says whether anything was delivered.
func (g *generation) worked() bool { return g.tags.floor > 1 || len(g.tags.entries) > 0 }

// take removes up to limit deliveries from the buffer.
func (g *generation) take(limit int) []queue.Delivery {
	n := min(limit, len(g.buffer))
	if n <= 0 {
		return nil
	}
	ds := g.buffer[:n:n]
	g.buffer = g.buffer[n:]
	return ds
}

// settle notes what of ds is this generation's.
func (g *generation) settle(ds []queue.Delivery) {
	now := g.age()
	for i := range ds {
		if r, ok := ds[i].Receipt.(*receipt); ok && r.of == g {
			g.tags.settle(r.tag, now)
		}
	}
}

// ackAll acks everything up to a tag, if it is not 0, and single ones. An error
// is one of the connection: all comes again.
func (g *generation) ackAll(upTo uint64, single []uint64) {
	if upTo != 0 && g.ch.Ack(upTo, true) != nil {
		return
	}
	for _, tag := range single {
		if g.ch.Ack(tag, false) != nil {
			return
		}
	}
}

// close closes the channel. The answer says that the server has read all acks
// and taken back the rest.
func (g *generation) close(ctx context.Context) error {
	_, err := answer(ctx, g.session, func() (struct{}, error) { return struct{}{}, g.ch.Close() }, nil)
	return err
}

// drop closes the channel without waiting for that.
func (g *generation) drop() {
	go func() { _ = g.ch.Close() }()
}

// why is the reason for which deliveries ended.
func (g *generation) why() error {
	if !g.ch.IsClosed() {
		return errors.New("consumer cancelled by the server: the queue was deleted or moved")
	}
	if reason := <-g.ended; reason != nil {
		return g.session.explain(reason)
	}
	return errors.New("channel closed")
}

const consumerTag = "recibo"

// consume opens a channel and a consumer on it.
func consume(ctx context.Context, s *session, from string, prefetch int) (*generation, error) {
	return answer(ctx, s, func() (*generation, error) {
		ch, err := s.conn.Channel()
		if err != nil {
			return nil, err
		}
		g := newGeneration(s, ch)
		if err = ch.Qos(prefetch, 0, false); err == nil {
			g.deliveries, err = ch.Consume(from, consumerTag, false, false, false, false, nil)
		}
		if err != nil {
			_ = ch.Close()
		}
		return g, err
	}, func(g *generation) {
		go drain(g.deliveries)
		g.drop()
	})
}

// probe finds out whether a queue is a stream, which would deliver for ever
// what was acked: of all kinds only that one takes this argument.
func probe(ctx context.Context, s *session, from string) error {
	if !releaseOf(s.conn.Properties).since(3, 10) {
		return nil // the deliveries of a stream will show it
	}
	_, err := ask(ctx, s, func(ch *amqp.Channel) (struct{}, error) {
		if err := ch.Qos(1, 0, false); err != nil {
			return struct{}{}, err
		}
		_, err := ch.Consume(from, consumerTag, false, false, false, false, amqp.Table{streamOffset: "next"})
		return struct{}{}, err
	})
	switch {
	case err == nil:
		return errStream
	case code(err) == amqp.PreconditionFailed:
		return nil
	}
	return err
}

const streamOffset = "x-stream-offset"

func isStream(d *amqp.Delivery) bool {
	_, is := d.Headers[streamOffset]
	return is
}

func unexpectedTag(got, want uint64) error {
	return fmt.Errorf("delivery %d came where %d was due", got, want)
}
