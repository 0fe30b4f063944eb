package jetstream

import (
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/nats-io/nats.go"

	"recibo/queue"
)

// Dial connects to a server of the user's. The address is
// nats://[user:password@]host[:4222][/stream], or tls:// for TLS; its path
// names the stream, and the subject to publish to.
//
// A wrong password or address is a *queue.ConfigError, a host that does not
// answer any other error: that may get better.
func Dial(ctx context.Context, address string, o Options) (*Broker, error) {
	a, err := parse(address, o.Password)
	if err != nil {
		return nil, err
	}
	var options []nats.Option
	if a.user != nil {
		options = append(options, credentials(a.user))
	}
	type dialed struct {
		link *link
		err  error
	}
	done := make(chan dialed, 1)
	go func() {
		l, err := connect(a.server, remote, func(err error) error { return err }, options...)
		done <- dialed{l, err}
	}()
	select {
	case r := <-done:
		if r.err != nil {
			return nil, connectRefused(a.target, r.err)
		}
		return newBroker(a.target, a.stream, remote, r.link, nil)
	case <-ctx.Done():
		go func() { // nats.go cannot be interrupted, but its timeout is short
			if r := <-done; r.link != nil {
				r.link.close()
			}
		}()
		return nil, connectRefused(a.target, ctx.Err())
	}
}

// credentials are user and password, or a token where there is no password.
func credentials(user *url.Userinfo) nats.Option {
	if password, ok := user.Password(); ok {
		return nats.UserInfo(user.Username(), password)
	}
	return nats.Token(user.Username())
}

// place is an address taken apart.
type place struct {
	server string // without user and path
	user   *url.Userinfo
	stream string
	target string // for people
}

func parse(address, password string) (place, error) {
	u, err := url.Parse(address)
	if err != nil {
		return place{}, badAddress("nats", errors.New("not an address")) // its text may hold a password
	}
	target := masked(u)
	if u.Scheme != "nats" && u.Scheme != "tls" {
		return place{}, badAddress(target, errors.New("scheme is not nats or tls"))
	}
	if u.Hostname() == "" {
		return place{}, badAddress(target, errors.New("no host"))
	}
	stream := strings.Trim(u.Path, "/")
	if stream == "" {
		stream = defaultStream
	}
	if strings.ContainsAny(stream, " \t\r\n./\\*>") {
		return place{}, badAddress(target, errors.New("stream names have no spaces, points, slashes or wildcards"))
	}
	user := u.User
	if password != "" && user != nil {
		user = url.UserPassword(user.Username(), password)
	}
	server := url.URL{Scheme: u.Scheme, Host: u.Host}
	return place{server: server.String(), user: user, stream: stream, target: target}, nil
}

// masked is the address without its secret.
func masked(u *url.URL) string {
	who := ""
	if u.User != nil {
		who = "***@"
		if _, ok := u.User.Password(); ok {
			who = u.User.Username() + ":***@"
		}
	}
	return u.Scheme + "://" + who + u.Host + u.Path
}

func badAddress(target string, err error) error {
	return &queue.ConfigError{Target: target, Tip: "write nats://user:password@host:4222/payments", Err: err}
}
