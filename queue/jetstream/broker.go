// Package jetstream is the queue on NATS JetStream: embedded in this process
// and shared with others on this machine, or a server of the user's.
//
// The stream keeps messages until they are acked everywhere: limits retention
// without limits, explicit acks, and a purge below the ack floor now and then.
// That is forty times faster than a work queue, which syncs for each removal.
package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"recibo/queue"
	"recibo/queue/adapter"
)

// Options are what an address does not say.
type Options struct {
	// Log gets what the embedded server has to say at warning level and above,
	// and nothing else. Nil: silence.
	Log *slog.Logger
	// Password replaces the one of the address.
	Password string
}

const (
	durable       = "recibo"   // the consumer's name
	defaultStream = "payments" // where the address names none
)

// Broker is one connection to one stream and its durable consumer.
type Broker struct {
	target   string // the address for people, password masked
	name     string // of the stream
	timing   timing
	link     *link
	js       jetstream.JetStream
	embedded *dialer // nil for a server of the user's
	ends     *adapter.Ends
}

func newBroker(target, name string, t timing, l *link, d *dialer) (*Broker, error) {
	js, err := jetstream.New(l.nc)
	if err != nil {
		l.nc.Close()
		return nil, fmt.Errorf("queue %s: %w", target, err)
	}
	return &Broker{target: target, name: name, timing: t, link: l, js: js, embedded: d, ends: adapter.NewEnds(target)}, nil
}

// Setup makes the stream and its durable consumer if they are not there. It
// changes neither when they are.
func (b *Broker) Setup(ctx context.Context) error {
	return b.ask(ctx, "set up", func(ctx context.Context) error {
		info, err := b.makeStream(ctx)
		if err == nil {
			_, err = b.makeConsumer(ctx, info)
		}
		return err
	})
}

// Source opens a source. JetStream has no dead letters: what cannot be handled
// stays in the stream.
func (b *Broker) Source(ctx context.Context, w queue.Want) (queue.Source, error) {
	if w.DeadLetters {
		return nil, queue.ErrNoDeadLetters
	}
	var s *source
	err := b.ask(ctx, "open a source", func(ctx context.Context) (err error) {
		s, err = b.openSource(ctx, w)
		return err
	})
	if err != nil {
		return nil, err
	}
	return s, b.ends.Keep(ctx, s)
}

// Publisher opens a publisher.
func (b *Broker) Publisher(ctx context.Context) (queue.Publisher, error) {
	var p *publisher
	err := b.ask(ctx, "open a publisher", func(ctx context.Context) (err error) {
		p, err = b.openPublisher(ctx)
		return err
	})
	if err != nil {
		return nil, err
	}
	return p, b.ends.Keep(ctx, p)
}

// askTries is how often a request is made whose answer was lost with the
// connection. All of them may be made twice.
const askTries = 3

// ask runs what needs answers of the server, again if the connection broke
// meanwhile: another host may be taking over.
func (b *Broker) ask(ctx context.Context, doing string, f func(context.Context) error) error {
	if err := b.ends.Usable(); err != nil {
		return err
	}
	var err error
	for range askTries {
		if err = b.link.await(ctx); err == nil {
			err = b.link.whole(ctx, f)
		}
		if err == nil {
			return nil
		}
		if !errors.Is(err, errLost) {
			break
		}
	}
	return b.refused(doing, err)
}

// Close releases what open sources hold and ends the connection. The host of
// an embedded queue then stops the server, and gives the lock away last.
func (b *Broker) Close(ctx context.Context) error {
	first, err := b.ends.Shut(ctx)
	if !first {
		return nil
	}
	b.link.close()
	if b.embedded != nil {
		if failed := b.embedded.close(); failed != nil && err == nil {
			err = failed
		}
	}
	return err
}

func (b *Broker) conn() *nats.Conn { return b.link.nc }
