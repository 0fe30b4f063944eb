package queue

import (
	"errors"
	"fmt"
)

// ErrNoDeadLetters is returned by Broker.Source for a system without dead
// letters.
var ErrNoDeadLetters = errors.New("this queue has no dead letters")

// ErrClosed is returned by the methods of a closed Source, Publisher or Broker.
var ErrClosed = errors.New("closed")

// PartialError says what became of a Publish that did not fully succeed.
// Messages whose index it does not name were accepted durably.
type PartialError struct {
	Refused []int // the broker does not have them
	Unknown []int // no answer: the broker may or may not have them
	TooBig  bool  // refused for their size: trying again cannot help
	Err     error
}

func (e *PartialError) Error() string {
	return fmt.Sprintf("%d messages refused, %d without an answer: %v", len(e.Refused), len(e.Unknown), e.Err)
}

func (e *PartialError) Unwrap() error { return e.Err }

// ConfigError is an error that waiting cannot mend: a bad address, a wrong
// password, a missing queue. Hint is the next step for a person.
type ConfigError struct {
	Target string // the address, passwords masked
	Tip    string
	Err    error
}

func (e *ConfigError) Error() string { return fmt.Sprintf("queue %s: %v", e.Target, e.Err) }

func (e *ConfigError) Unwrap() error { return e.Err }

// Hint is what to do about it.
func (e *ConfigError) Hint() string { return e.Tip }
