package rabbitmq

import (
	"errors"

	"recibo/queue/adapter"
)

// security is what an address says about TLS and about who we are.
type security struct {
	adapter.TLS
	external bool // the client's certificate says who it is
}

func (s *security) parameter(name, value string) error {
	switch name {
	case "auth_mechanism":
		switch value {
		case "plain":
		case "external":
			s.external = true
		default:
			return errors.New("auth_mechanism is plain or external")
		}
	default:
		return s.Parameter(name, value)
	}
	return nil
}

func (s *security) check() error {
	if err := s.Check("amqps://"); err != nil {
		return err
	}
	if s.external && s.Cert == "" {
		return errors.New("auth_mechanism=external wants certfile and keyfile")
	}
	return nil
}
