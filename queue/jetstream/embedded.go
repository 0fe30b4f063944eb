package jetstream

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"

	"recibo/queue"
)

// joinPatience is how long a queue that somebody else hosts may take to answer
// before OpenEmbedded gives up; a host may be starting with a long queue.
const joinPatience = 10 * time.Second

// OpenEmbedded opens the queue under dir. Whoever holds the lock there hosts it
// on a port of loopback, others join. When the host goes, one of those that are
// left takes the lock and hosts, and all reconnect by themselves. Every publish
// is synced to disk before it is acknowledged.
//
// A folder that cannot be used is a *queue.ConfigError.
func OpenEmbedded(ctx context.Context, dir string, o Options) (*Broker, error) {
	target := "embedded:" + dir
	d, err := newDialer(dir, o.Log)
	if err != nil {
		return nil, asConfig(target, dir, err)
	}
	l, err := d.connect(ctx)
	if err != nil {
		err = errors.Join(asConfig(target, dir, err), d.close())
		return nil, err
	}
	b, err := newBroker(target, defaultStream, nearby, l, d)
	if err != nil {
		return nil, errors.Join(err, d.close())
	}
	if err := b.Setup(ctx); err != nil {
		return nil, errors.Join(err, b.Close(ctx))
	}
	return b, nil
}

// connect tries until somebody hosts: this process, or one that has the lock.
func (d *dialer) connect(ctx context.Context) (*link, error) {
	ctx, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	for {
		l, err := connect("nats://embedded", nearby, d.reason,
			nats.SetCustomDialer(d), nats.SkipHostLookup(), nats.IgnoreDiscoveredServers(), nats.TokenHandler(d.currentToken))
		if err == nil {
			return l, nil
		}
		err = d.reason(err)
		if unusable(err) != "" {
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(nearby.reconnectWait):
		}
	}
}

// asConfig tells a folder that waiting does not mend.
func asConfig(target, dir string, err error) error {
	if tip := unusable(err); tip != "" {
		return &queue.ConfigError{Target: target, Tip: fmt.Sprintf(tip, dir), Err: err}
	}
	return fmt.Errorf("queue %s: %w", target, err)
}
