package kafka

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue/adapter"
)

// Dial connects to a cluster of the user's. The address is
// kafka://[user:password@]host:9092,host:9092/topic?group=recibo; further
// parameters are those of TLS and of the login (sasl), and how Setup makes the
// topic.
//
// A wrong password, address or certificate is a *queue.ConfigError, a host that
// does not answer any other error: that may get better.
func Dial(ctx context.Context, address string, o Options) (*Broker, error) {
	p, err := parse(address)
	if err != nil {
		return nil, err
	}
	b := &Broker{place: p, log: o.Log, ends: adapter.NewEnds(p.target)}
	if b.log == nil {
		b.log = slog.New(slog.DiscardHandler)
	}
	b.log = b.log.With("queue", p.target)
	b.client, _, b.wires, err = b.newClient(kgo.RequestRetries(3)) // who asks asks again
	if err != nil {
		return nil, b.refused(connecting, err)
	}
	b.admin = kadm.NewClient(b.client)
	b.admin.SetTimeoutMillis(int32(answerTimeout.Milliseconds()))
	if err := b.greet(ctx); err != nil {
		b.client.Close()
		return nil, b.refused(connecting, err)
	}
	return b, nil
}

var errNoAnswer = errors.New("the server does not answer")

// greet finds out whether a broker answers. One that hangs up without a word is
// asked again: it may just be starting, or not understand us.
func (b *Broker) greet(ctx context.Context) error {
	ctx, cancel := context.WithTimeoutCause(ctx, b.place.dialTimeout+answerTimeout, errNoAnswer)
	defer cancel()
	err := b.client.Ping(ctx)
	if hungUp(err) {
		select {
		case <-ctx.Done():
		case <-time.After(outageAfter):
			err = b.client.Ping(ctx)
		}
	}
	switch {
	case err == nil:
		return nil
	case b.wires.sawTLS():
		return adapter.ErrTLS
	case errors.Is(err, adapter.ErrNotTLS): // in the library's words it is a guess
		return adapter.ErrNotTLS
	case adapter.Alert(err) != nil: // only now: TLS 1.3 judges the client's certificate late
		return b.place.security.judge(err)
	case hungUp(err) && !b.place.security.On && b.place.security.sasl == "":
		return errWantLogin
	}
	return withCause(ctx, err)
}

var errWantLogin = errors.New("the server hangs up: it wants TLS or a login here")

// hungUp says whether the server closed a connection without an answer.
func hungUp(err error) bool {
	var first *kgo.ErrFirstReadEOF
	return errors.As(err, &first) || errors.Is(err, adapter.ErrNotTLS)
}

// newClient makes a client with what all have in common. It connects when it
// is used.
func (b *Broker) newClient(more ...kgo.Opt) (*kgo.Client, *health, *wires, error) {
	h, w := newHealth(), &wires{place: &b.place}
	options := []kgo.Opt{
		kgo.SeedBrokers(b.place.hosts...),
		kgo.ClientID("recibo"),
		kgo.Dialer(w.dial),
		kgo.WithLogger(bridge{b.log}),
		kgo.WithHooks(h),
		kgo.DisableClientMetrics(),
		kgo.RequestTimeoutOverhead(answerTimeout),
		kgo.RetryBackoffFn(pause),
		kgo.MetadataMinAge(fetchWait),
	}
	if login := b.place.login(); login != nil {
		options = append(options, kgo.SASL(login))
	}
	client, err := kgo.NewClient(append(options, more...)...)
	return client, h, w, err
}
