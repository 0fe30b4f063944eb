package kafka

import (
	"errors"
	"fmt"

	"github.com/twmb/franz-go/pkg/kerr"

	"recibo/queue"
	"recibo/queue/adapter"
)

// doing is what could not be done.
type doing string

const (
	connecting doing = "connect"
	settingUp  doing = "set up"
	sourcing   doing = "open a source"
	publishes  doing = "open a publisher"
	depth      doing = "depth"
)

// refused tells what waiting cannot mend from what it can.
func (b *Broker) refused(d doing, err error) error {
	if tip := b.place.hint(err); tip != "" {
		return &queue.ConfigError{Target: b.place.target, Tip: tip, Err: err}
	}
	return fmt.Errorf("queue %s: %s: %w", b.place.target, string(d), err)
}

// hint is the next step; none for what time may mend.
func (p *place) hint(err error) string {
	if tip := p.transportHint(err); tip != "" {
		return tip
	}
	var lacks denied
	print := fmt.Sprintf("recibo migrate --print --queue '%s' shows the command", p.target)
	switch {
	case errors.As(err, &lacks), errors.Is(err, kerr.TopicAuthorizationFailed):
		return fmt.Sprintf("give %s its rights on topic %s: %s", p.account(), p.topic, print)
	case errors.Is(err, kerr.GroupAuthorizationFailed):
		return fmt.Sprintf("give %s the right to read group %s: %s", p.account(), p.group, print)
	case errors.Is(err, kerr.ClusterAuthorizationFailed):
		return fmt.Sprintf("give %s its rights on the cluster: %s", p.account(), print)
	case missing(err):
		return fmt.Sprintf("run recibo migrate --queue '%s', or name another topic", p.target)
	case errors.Is(err, kerr.InvalidReplicationFactor):
		return "name as many replicas as there are brokers at most: replication=N"
	case errors.Is(err, kerr.InvalidPartitions), errors.Is(err, kerr.PolicyViolation), errors.Is(err, kerr.InvalidConfig):
		return "make the topic by hand and use it as it is with --setup=false"
	case errors.Is(err, kerr.InvalidSessionTimeout):
		return "name a session_timeout between the broker's group.min.session.timeout.ms and group.max.session.timeout.ms"
	case errors.Is(err, kerr.InconsistentGroupProtocol):
		return "name another group: members of this one balance in another way, and are not Recibo"
	case errors.Is(err, kerr.UnsupportedVersion):
		return "use Kafka 2.4 or later"
	}
	return ""
}

func (p *place) account() string {
	if p.user != "" {
		return "user " + p.user
	}
	return "the account"
}

// transportHint is about what comes before Kafka's protocol.
func (p *place) transportHint(err error) string {
	switch {
	case errors.Is(err, kerr.IllegalSaslState):
		return "leave sasl out, or name the port that wants a login"
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return "check user and password, RECIBO_QUEUE or --queue-password-file"
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return "name a way to log in that the server offers: sasl=plain, scram-sha-256 or scram-sha-512"
	case errors.Is(err, errWantLogin):
		return "name how to log in, or a port without: sasl=scram-sha-512 (with user:password@), tls=true"
	case errors.Is(err, adapter.ErrTLS):
		return "add tls=true, or name the port without TLS"
	case errors.Is(err, adapter.ErrNotTLS):
		return "leave tls=true out, or name the port with TLS"
	}
	return p.security.Hint(err)
}
