package rabbitmq

import (
	"errors"
	"fmt"
	"strings"

	amqp "github.com/rabbitmq/amqp091-go"

	"recibo/queue"
	"recibo/queue/adapter"
)

var errStream = errors.New("the queue is a stream: acks do not remove its messages")

// doing is what could not be done, and the rights that it takes.
type doing struct{ what, rights string }

var (
	connecting = doing{what: "connect"}
	settingUp  = doing{"set up", "configure, write and read"}
	sourcing   = doing{"open a source", "read"}
	publishes  = doing{"open a publisher", "write"}
	depth      = doing{what: "depth"}
)

// refused tells what waiting cannot mend from what it can.
func (b *Broker) refused(d doing, err error) error {
	if errors.Is(err, queue.ErrNoDeadLetters) {
		return err
	}
	if tip := b.place.hint(d, err); tip != "" {
		return &queue.ConfigError{Target: b.place.target, Tip: tip, Err: err}
	}
	return fmt.Errorf("queue %s: %s: %w", b.place.target, d.what, err)
}

// hint is the next step; none for what time may mend.
func (p *place) hint(d doing, err error) string {
	if tip := p.transportHint(err); tip != "" {
		return tip
	}
	var said refusal
	if !errors.As(err, &said) {
		return ""
	}
	text := said.said.Reason
	switch said.said.Code {
	case amqp.AccessRefused:
		return p.accessHint(d, text)
	case amqp.NotAllowed:
		return p.vhostHint(text)
	case amqp.NotFound:
		switch {
		case !strings.Contains(text, "no queue"): // but one whose process is down
			return ""
		case p.deadNamed && strings.Contains(text, "'"+p.deadLetters+"'"):
			return "name a queue that is there with dead_letters, or leave it out"
		default:
			return fmt.Sprintf("run recibo migrate --queue '%s', or name another queue", p.target)
		}
	case amqp.ResourceLocked:
		return "the queue belongs to another connection alone (exclusive): name another queue"
	case amqp.PreconditionFailed:
		if strings.Contains(text, "inequivalent arg") {
			return "use the queue as it is with --setup=false, or name another queue"
		}
	}
	return ""
}

func (p *place) accessHint(d doing, text string) string {
	switch {
	case strings.Contains(text, "Login was refused"):
		return "check user and password, RECIBO_QUEUE or --queue-password-file"
	case strings.Contains(text, "exclusive use"):
		return "" // until the other consumer ends
	}
	return fmt.Sprintf("give user %s the right to %s: recibo migrate --print --queue '%s' shows the command", p.user, d.rights, p.target)
}

func (p *place) vhostHint(text string) string {
	switch {
	case strings.Contains(text, "limit"), strings.Contains(text, "is down"):
		return "" // until others close, or it is up again
	case strings.Contains(text, "not found"):
		return fmt.Sprintf("make it with rabbitmqctl add_vhost %s, or name another in the address", quoted(p.vhost))
	case strings.Contains(text, "refused for user"):
		return fmt.Sprintf("give user %s rights in virtual host %s: recibo migrate --print --queue '%s' shows the command",
			p.user, p.vhost, p.target)
	}
	return ""
}

// transportHint is about what comes before AMQP.
func (p *place) transportHint(err error) string {
	switch {
	case errors.Is(err, adapter.ErrTLS):
		return "write amqps://, or the port without TLS"
	case errors.Is(err, adapter.ErrNotTLS):
		return "write amqp://, or the port with TLS (5671)"
	case errors.Is(err, errNotAMQP):
		return "check the port: RabbitMQ listens on 5672, with TLS on 5671"
	case errors.Is(err, errStream):
		return "name a quorum or classic queue"
	}
	return p.security.Hint(err)
}
