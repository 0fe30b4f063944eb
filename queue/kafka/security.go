package kafka

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/twmb/franz-go/pkg/sasl"
	"github.com/twmb/franz-go/pkg/sasl/plain"
	"github.com/twmb/franz-go/pkg/sasl/scram"

	"recibo/queue/adapter"
)

// security is what an address says about TLS and about how we log in.
type security struct {
	adapter.TLS
	sasl string
}

const (
	saslPlain    = "plain"
	saslScram256 = "scram-sha-256"
	saslScram512 = "scram-sha-512"
)

func (s *security) parameter(name, value string) error {
	switch name {
	case "tls":
		if value != "true" && value != "false" {
			return errors.New("tls is true or false")
		}
		s.On = value == "true"
	case "sasl":
		s.sasl = strings.ToLower(value)
		if s.sasl != saslPlain && s.sasl != saslScram256 && s.sasl != saslScram512 {
			return errors.New("sasl is plain, scram-sha-256 or scram-sha-512")
		}
	default:
		return s.Parameter(name, value)
	}
	return nil
}

func (s *security) check(user, password string) error {
	if err := s.Check("tls=true"); err != nil {
		return err
	}
	switch {
	case s.sasl != "" && user == "":
		return errors.New("sasl wants a user and a password")
	case s.sasl == "" && password != "":
		return errors.New("a password wants sasl=plain, scram-sha-256 or scram-sha-512")
	}
	return nil
}

// login is how to log in; nil: not at all.
func (p *place) login() sasl.Mechanism {
	switch p.security.sasl {
	case saslPlain:
		return plain.Auth{User: p.user, Pass: p.password}.AsMechanism()
	case saslScram256:
		return scram.Auth{User: p.user, Pass: p.password}.AsSha256Mechanism()
	case saslScram512:
		return scram.Auth{User: p.user, Pass: p.password}.AsSha512Mechanism()
	}
	return nil
}

// judge tells apart why TLS failed. Kafka hangs up on a greeting that it does
// not understand.
func (s *security) judge(err error) error {
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: %w", adapter.ErrNotTLS, err)
	}
	return s.Judge(err)
}
