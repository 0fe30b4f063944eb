package jetstream

import (
	"context"
	"errors"
	"fmt"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"recibo/queue"
)

var (
	errNoStream     = errors.New("stream not found")
	errNotPull      = errors.New("consumer is not a pull consumer with explicit acks")
	errNoAnswer     = errors.New("the server does not answer")
	errWrongSubject = errors.New("stream takes no subject that could be published to")
)

// refused tells what waiting cannot mend from what it can.
func (b *Broker) refused(doing string, err error) error {
	if tip := b.hint(err); tip != "" {
		return &queue.ConfigError{Target: b.target, Tip: tip, Err: err}
	}
	return fmt.Errorf("queue %s: %s: %w", b.target, doing, err)
}

func (b *Broker) hint(err error) string {
	var api *jetstream.APIError
	switch {
	case errors.Is(err, errNoStream):
		return fmt.Sprintf("run recibo migrate --queue %s, or name another stream", b.target)
	case errors.Is(err, errNotPull):
		return fmt.Sprintf("delete or rename consumer %s of stream %s", durable, b.name)
	case errors.Is(err, errWrongSubject):
		return fmt.Sprintf("add the subject %s to the stream", b.name)
	case errors.Is(err, jetstream.ErrJetStreamNotEnabled), errors.Is(err, jetstream.ErrJetStreamNotEnabledForAccount):
		return "enable JetStream on the server and for the account"
	case (errors.Is(err, context.DeadlineExceeded) || errors.Is(err, errNoAnswer)) && b.link.lastForbidden() != nil:
		return fmt.Sprintf("allow the user what was refused: %v", b.link.lastForbidden())
	case errors.As(err, &api) && api.Code == 403:
		return "give the user the right to set up streams, or have it set up"
	}
	return ""
}

// connectRefused is the same for the first connection.
func connectRefused(target string, err error) error {
	for _, denied := range []error{nats.ErrAuthorization, nats.ErrAuthExpired, nats.ErrAuthRevoked, nats.ErrAccountAuthExpired} {
		if errors.Is(err, denied) {
			return &queue.ConfigError{Target: target, Tip: "check user and password, RECIBO_QUEUE or --queue-password-file", Err: err}
		}
	}
	if errors.Is(err, nats.ErrSecureConnRequired) || errors.Is(err, nats.ErrSecureConnWanted) {
		return &queue.ConfigError{Target: target, Tip: "the server wants TLS otherwise: write tls:// or nats://", Err: err}
	}
	return fmt.Errorf("queue %s: connect: %w", target, err)
}
