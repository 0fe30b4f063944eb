package kafka

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
	defaultTopic  = "payments" // where the address names none
	defaultGroup  = "recibo"
	defaultPort   = "9092"
	partitions    = 6       // of a topic that Setup makes: as many recorders may share it
	byTheBroker   = -1      // replicas of it, where the address says nothing
	largestRecord = 1 << 20 // bytes; Kafka's own limit is a little above
	addressTip    = "write kafka://user:password@host:9092,host:9092/payments?group=recibo"
)

// place is an address taken apart.
type place struct {
	hosts          []string // host:port
	user, password string
	topic, group   string
	partitions     int32
	replicas       int16
	largest        int32 // bytes of a message
	session        time.Duration
	dialTimeout    time.Duration
	security       security
	target         string // for people
}

// heartbeat is how often a member tells that it lives.
func (p *place) heartbeat() time.Duration { return min(heartbeatEvery, p.session/4) }

func parse(address string) (place, error) {
	// Several hosts with ports are no host of a URL.
	scheme, rest, found := strings.Cut(address, "://")
	if !found {
		return place{}, badAddress("kafka", errors.New("not an address"))
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	who, hosts := "", rest[:end]
	if strings.Contains(rest[end:], "@") { // what stands before it may be a password
		return place{}, badAddress("kafka", adapter.ErrNotEscaped)
	}
	if at := strings.LastIndex(hosts, "@"); at >= 0 {
		who, hosts = hosts[:at+1], hosts[at+1:]
	}
	u, err := url.Parse(scheme + "://" + who + "host" + rest[end:])
	if err != nil {
		return place{}, badAddress("kafka", errors.New("not an address")) // its text may hold a password
	}
	p := place{
		topic: defaultTopic, group: defaultGroup, partitions: partitions, replicas: byTheBroker,
		largest: largestRecord, session: sessionTimeout, dialTimeout: dialTimeout,
	}
	p.target = masked(u, hosts)
	if u.Scheme != "kafka" {
		return place{}, badAddress(p.target, errors.New("scheme is not kafka"))
	}
	if u.User != nil {
		p.user = u.User.Username()
		p.password, _ = u.User.Password()
	}
	if err = p.brokers(hosts); err != nil {
		return place{}, badAddress("kafka", err)
	}
	if err = p.path(u); err == nil {
		err = p.parameters(u)
	}
	if err != nil {
		return place{}, badAddress(p.target, err)
	}
	p.target = masked(u, hosts) + "?group=" + url.QueryEscape(p.group)
	return p, nil
}

func (p *place) brokers(hosts string) error {
	for host := range strings.SplitSeq(hosts, ",") {
		name, port, err := net.SplitHostPort(host)
		if err != nil {
			name, port = strings.Trim(host, "[]"), defaultPort
		}
		if name == "" {
			return errors.New("a host is missing")
		}
		if _, err := strconv.ParseUint(port, 10, 16); err != nil {
			return errors.New("a port is no number")
		}
		p.hosts = append(p.hosts, net.JoinHostPort(name, port))
	}
	return nil
}

// path is the topic.
func (p *place) path(u *url.URL) error {
	if name := strings.TrimPrefix(u.Path, "/"); name != "" {
		p.topic = name
	}
	if len(p.topic) > 249 || strings.Trim(p.topic, ".") == "" || strings.ContainsFunc(p.topic, func(r rune) bool { return !legal(r) }) {
		return errors.New("names of topics have 1 to 249 letters, digits, dots, dashes and underscores")
	}
	return nil
}

func legal(r rune) bool {
	return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || r == '.' || r == '_' || r == '-'
}

// parameters reads the query.
func (p *place) parameters(u *url.URL) error {
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return errors.New("the part after ? is not percent-encoded rightly")
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		if len(query[name]) > 1 {
			return fmt.Errorf("parameter %s is given twice", name)
		}
		if err := p.parameter(name, query.Get(name)); err != nil {
			return err
		}
	}
	if p.group == "" {
		return errors.New("group is empty")
	}
	return p.security.check(p.user, p.password)
}

func (p *place) parameter(name, value string) error {
	number := func(least, most int) (int, error) {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			return 0, fmt.Errorf("%s is a number from %d to %d", name, least, most)
		}
		return n, nil
	}
	var n int
	var err error
	switch name {
	case "group":
		p.group = value
	case "partitions":
		n, err = number(1, 10_000)
		p.partitions = int32(n)
	case "replication":
		n, err = number(1, 100)
		p.replicas = int16(n)
	case "max_message_bytes":
		n, err = number(1024, 64<<20)
		p.largest = int32(n)
	case "session_timeout":
		n, err = number(1000, 1_800_000)
		p.session = time.Duration(n) * time.Millisecond
	case "connection_timeout":
		n, err = number(1, 65_535)
		p.dialTimeout = time.Duration(n) * time.Millisecond
	default:
		return p.security.parameter(name, value)
	}
	return err
}

// masked is the address without its secret and without parameters.
func masked(u *url.URL, hosts string) string {
	who := ""
	if u.User != nil {
		who = url.User(u.User.Username()).String()
		if _, ok := u.User.Password(); ok {
			who += ":***"
		}
		who += "@"
	}
	return u.Scheme + "://" + who + hosts + u.EscapedPath()
}

func badAddress(target string, err error) error {
	return &queue.ConfigError{Target: target, Tip: addressTip, Err: err}
}
