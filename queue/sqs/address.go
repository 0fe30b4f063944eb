package sqs

import (
	"errors"
	"fmt"
	"maps"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"recibo/queue"
	"recibo/queue/adapter"
)

const (
	deadSuffix  = "-dlq"
	longestName = 80
	addressTip  = "write sqs://region/queue, for example sqs://sa-east-1/payments"
)

// FIFO ends the name of every FIFO queue, and of no other.
const FIFO = ".fifo"

// place is an address taken apart.
type place struct {
	region      string
	account     string // whose queue it is; empty: that of the credentials
	queue       string
	deadLetters string // the queue of dead letters that Setup makes
	deadNamed   bool   // the address names it
	endpoint    string // empty: AWS's
	visibility  time.Duration
	maxReceive  int
	receivers   int
	target      string // for people
}

func (p *place) fifo() bool { return strings.HasSuffix(p.queue, FIFO) }

var (
	regionPattern  = regexp.MustCompile(`^[a-z]{2,}(-[a-z]+)+-[0-9]+$`)
	labelPattern   = regexp.MustCompile(`^[A-Za-z0-9-]+$`)
	namePattern    = regexp.MustCompile(`^[A-Za-z0-9_-]+(\.fifo)?$`)
	accountPattern = regexp.MustCompile(`^[0-9]{12}$`)
)

func parse(address string) (place, error) {
	u, err := url.Parse(address)
	if err != nil {
		return place{}, badAddress("sqs", errors.New("not an address")) // its text may hold a secret
	}
	if err := adapter.CheckEscaped(u); err != nil {
		return place{}, badAddress("sqs", err)
	}
	p := place{region: u.Host, queue: strings.TrimPrefix(u.Path, "/"), visibility: visibility, maxReceive: maxReceive, receivers: receivers}
	p.target = "sqs://" + u.Host + u.EscapedPath()
	switch {
	case u.Scheme != "sqs":
		err = errors.New("scheme is not sqs")
	case u.User != nil:
		return place{}, &queue.ConfigError{Target: p.target, Err: errors.New("credentials do not belong in the address"),
			Tip: "leave them to the AWS chain: AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or the role of this machine"}
	case u.Host == "":
		err = errors.New("no region")
	case u.Fragment != "":
		err = errors.New("write %23 for a # in the address")
	default:
		err = p.parameters(u)
	}
	if err != nil {
		return place{}, badAddress(p.target, err)
	}
	if p.endpoint != "" {
		p.target += "?endpoint=" + p.endpoint
	}
	return p, nil
}

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
	return p.check()
}

func (p *place) parameter(name, value string) (err error) {
	switch name {
	case "account":
		if p.account = value; !accountPattern.MatchString(value) {
			err = errors.New("account is a number of 12 digits")
		}
	case "dead_letters":
		p.deadLetters, p.deadNamed = value, true
	case "endpoint":
		p.endpoint, err = endpoint(value)
	case "max_receive_count":
		p.maxReceive, err = number(name, value, 1, maxReceive)
	case "receivers":
		p.receivers, err = number(name, value, 1, mostReceivers)
	case "visibility_timeout":
		var seconds int
		seconds, err = number(name, value, 2, int(longestHeld/time.Second))
		p.visibility = time.Duration(seconds) * time.Second
	default:
		err = fmt.Errorf("unknown parameter %s", name)
	}
	return err
}

// endpoint is where something else than AWS speaks its protocol.
func endpoint(value string) (string, error) {
	u, err := url.Parse(value)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return "", errors.New("endpoint is not like http://127.0.0.1:9324")
	}
	if u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.Trim(u.Path, "/") != "" {
		return "", errors.New("endpoint is a scheme, a host and a port, and nothing more")
	}
	return u.Scheme + "://" + u.Host, nil
}

func number(name, value string, least, most int) (int, error) {
	n, err := strconv.Atoi(value)
	if err != nil || n < least || n > most {
		return 0, fmt.Errorf("%s is a number, %d to %d", name, least, most)
	}
	return n, nil
}

func (p *place) check() error {
	if p.endpoint == "" && !regionPattern.MatchString(p.region) || !labelPattern.MatchString(p.region) {
		return fmt.Errorf("%s is not the name of a region", p.region)
	}
	if !p.deadNamed {
		p.deadLetters = strings.TrimSuffix(p.queue, FIFO) + deadSuffix
		if p.fifo() {
			p.deadLetters += FIFO
		}
	}
	for _, name := range []string{p.queue, p.deadLetters} {
		if len(name) > longestName || !namePattern.MatchString(name) {
			return fmt.Errorf("names of queues have 1 to %d letters, digits, - and _, and may end in .fifo", longestName)
		}
	}
	switch {
	case p.queue == p.deadLetters:
		return errors.New("queue and dead_letters are the same queue")
	case p.fifo() != strings.HasSuffix(p.deadLetters, FIFO):
		return errors.New("the dead letters of a FIFO queue are a FIFO queue, and of no other")
	}
	return nil
}

func badAddress(target string, err error) error {
	return &queue.ConfigError{Target: target, Tip: addressTip, Err: err}
}
