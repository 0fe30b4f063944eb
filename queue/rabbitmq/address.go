package rabbitmq

import (
	"errors"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"recibo/queue"
	"recibo/queue/adapter"
)

const (
	defaultQueue = "payments" // where the address names none
	longestName  = 250        // of a queue: AMQP has 255 bytes, and .dlx is added
	addressTip   = "write amqp://user:password@host:5672/vhost?queue=payments"
)

// place is an address taken apart.
type place struct {
	host           string // host:port
	user, password string
	vhost          string
	queue          string
	deadLetters    string // the queue of dead letters
	deadNamed      bool   // the address names it
	security       security
	heartbeat      time.Duration
	dialTimeout    time.Duration
	target         string // for people
}

func (p place) exchange() string { return p.queue + ".dlx" }

func parse(address string) (place, error) {
	u, err := url.Parse(address)
	if err != nil {
		return place{}, badAddress("amqp", errors.New("not an address")) // its text may hold a password
	}
	if err := adapter.CheckEscaped(u); err != nil {
		return place{}, badAddress("amqp", err)
	}
	if u.Scheme != "amqp" && u.Scheme != "amqps" {
		return place{}, badAddress(masked(u, ""), errors.New("scheme is not amqp or amqps"))
	}
	if u.Hostname() == "" {
		return place{}, badAddress(masked(u, ""), errors.New("no host"))
	}
	p := place{
		host:        net.JoinHostPort(u.Hostname(), portOf(u)),
		user:        "guest", // what RabbitMQ's clients take without any
		password:    "guest",
		heartbeat:   heartbeat,
		dialTimeout: dialTimeout,
		security:    security{TLS: adapter.TLS{On: u.Scheme == "amqps", Host: u.Hostname()}},
	}
	if u.User != nil {
		p.user = u.User.Username()
		p.password, _ = u.User.Password()
	}
	p.target = masked(u, "")
	if p.vhost, err = virtualHost(u); err == nil {
		err = p.parameters(u)
	}
	if err != nil {
		return place{}, badAddress(p.target, err)
	}
	p.target = masked(u, p.queue)
	return p, nil
}

func portOf(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "amqps":
		return "5671"
	default:
		return "5672"
	}
}

// virtualHost is the path. A slash that belongs to the name is written %2F.
func virtualHost(u *url.URL) (string, error) {
	path := strings.TrimPrefix(u.EscapedPath(), "/")
	if strings.Contains(path, "/") {
		return "", errors.New("write %2F for a slash in the name of a virtual host")
	}
	if path == "" {
		return "/", nil
	}
	name, err := url.PathUnescape(path)
	if err != nil {
		return "", errors.New("the path is not percent-encoded rightly")
	}
	return name, nil
}

// parameters reads the query. Those of RabbitMQ's own have the names of its
// URI specification.
func (p *place) parameters(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("the part after ? is not percent-encoded rightly")
	}
	p.queue = defaultQueue
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(query[name]) > 1 {
			return fmt.Errorf("parameter %s is given twice", name)
		}
		if err := p.parameter(name, query.Get(name)); err != nil {
			return err
		}
	}
	if !p.deadNamed {
		p.deadLetters = p.queue + ".dlq"
	}
	for _, name := range []string{p.queue, p.deadLetters} {
		if name == "" || len(name) > longestName {
			return fmt.Errorf("names of queues have 1 to %d bytes", longestName)
		}
	}
	if p.queue == p.deadLetters {
		return errors.New("queue and dead_letters are the same queue")
	}
	return p.security.check()
}

func (p *place) parameter(name, value string) (err error) {
	switch name {
	case "queue":
		p.queue = value
	case "dead_letters":
		p.deadLetters, p.deadNamed = value, true
	case "heartbeat":
		p.heartbeat, err = duration(value, time.Second, "heartbeat is a number of seconds, 1 to 65535")
	case "connection_timeout":
		p.dialTimeout, err = duration(value, time.Millisecond, "connection_timeout is a number of milliseconds, 1 to 65535")
	default:
		return p.security.parameter(name, value)
	}
	return err
}

func duration(value string, unit time.Duration, rule string) (time.Duration, error) {
	n, err := strconv.ParseUint(value, 10, 16)
	if err != nil || n == 0 {
		return 0, errors.New(rule)
	}
	return time.Duration(n) * unit, nil
}

// masked is the address without its secret, and without parameters other than
// the queue.
func masked(u *url.URL, queue string) string {
	who := ""
	if u.User != nil {
		who = url.User(u.User.Username()).String()
		if _, ok := u.User.Password(); ok {
			who += ":***"
		}
		who += "@"
	}
	what := ""
	if queue != "" {
		what = "?queue=" + url.QueryEscape(queue)
	}
	return u.Scheme + "://" + who + u.Host + u.EscapedPath() + what
}

func badAddress(target string, err error) error {
	return &queue.ConfigError{Target: target, Tip: addressTip, Err: err}
}
