package app

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"recibo/internal/config"
	"recibo/queue"
	"recibo/store"
)

// UsageError is a command that cannot be carried out as it was given.
type UsageError struct {
	Err error
	Tip string
}

func (e *UsageError) Error() string { return e.Err.Error() }

func (e *UsageError) Unwrap() error { return e.Err }

// Hint is the next step.
func (e *UsageError) Hint() string { return e.Tip }

func usage(tip, format string, args ...any) error {
	return &UsageError{Err: fmt.Errorf(format, args...), Tip: tip}
}

// UnreachableError is a queue or store that did not answer within --wait.
type UnreachableError struct {
	Component store.Component
	Target    string // the address, passwords masked
	Waited    time.Duration
	Err       error
}

func (e *UnreachableError) Error() string {
	name := fmt.Sprintf("%s %s: ", e.Component, e.Target)
	return fmt.Sprintf("%sno answer within %s: %s", name, e.Waited, strings.TrimPrefix(e.Err.Error(), name))
}

func (e *UnreachableError) Unwrap() error { return e.Err }

// Hint is the next step.
func (e *UnreachableError) Hint() string {
	return fmt.Sprintf("check that it runs and RECIBO_%s, or wait longer with --wait 60s or --wait forever",
		map[store.Component]string{store.QueueComponent: "QUEUE", store.StoreComponent: "STORE"}[e.Component])
}

// NoError says that a command ran and that its answer is no.
type NoError struct {
	Err error
	Tip string
}

func (e *NoError) Error() string { return e.Err.Error() }

func (e *NoError) Unwrap() error { return e.Err }

// Hint is the next step.
func (e *NoError) Hint() string { return e.Tip }

func answerNo(tip, format string, args ...any) error {
	return &NoError{Err: fmt.Errorf(format, args...), Tip: tip}
}

// Exit codes.
const (
	ExitDone        = 0
	ExitNo          = 1
	ExitUsage       = 2
	ExitUnreachable = 3
	ExitInterrupted = 130
)

// ExitCode tells what a command that returned err exits with.
func ExitCode(err error) int {
	if err == nil {
		return ExitDone
	}
	if _, ok := errors.AsType[*UnreachableError](err); ok {
		return ExitUnreachable
	}
	if isConfig(err) {
		return ExitUsage
	}
	if _, ok := errors.AsType[*store.Error](err); ok && store.ClassOf(err) == store.ClassOutage {
		return ExitUnreachable
	}
	return ExitNo
}

// isConfig reports whether waiting cannot mend err.
func isConfig(err error) bool {
	if _, ok := errors.AsType[*UsageError](err); ok {
		return true
	}
	if _, ok := errors.AsType[*config.Error](err); ok {
		return true
	}
	if _, ok := errors.AsType[*queue.ConfigError](err); ok {
		return true
	}
	_, ok := errors.AsType[*store.ConfigError](err)
	return ok
}

// Hint is the next step that the outermost error with one names, or empty.
func Hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
