package store

import (
	"context"
	"errors"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// RedoMost is how often a transaction is redone for transient errors before
// they count as an outage.
const RedoMost = 10

// Backoff returns the waits between attempts while a system does not answer:
// from 50 ms, doubling, at most 2 s, each shortened or lengthened by half, so
// that recovery is found soon and many recorders do not knock in step.
func Backoff() *backoff.ExponentialBackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval, b.Multiplier = 50*time.Millisecond, 2*time.Second, 2
	return b
}

// Retry runs fn in a transaction until it commits, for everybody but the
// recorder's pipeline. fn must be safe to run again after a commit that landed
// without an answer. What waiting cannot mend, fn's own errors and data errors
// above all, returns at once; the rest is tried until ctx ends, and then returned.
func Retry(ctx context.Context, s Store, fn func(context.Context, Tx) error) error {
	redone := 0
	attempt := func() (struct{}, error) {
		err := s.Update(ctx, fn)
		for ClassOf(err) == ClassTransient && err != nil && redone < RedoMost && ctx.Err() == nil {
			redone++
			err = s.Update(ctx, fn)
		}
		if err == nil {
			return struct{}{}, nil
		}
		redone = 0
		if final(err) {
			return struct{}{}, backoff.Permanent(err)
		}
		return struct{}{}, err
	}
	_, err := backoff.Retry(ctx, attempt, backoff.WithBackOff(Backoff()), backoff.WithMaxElapsedTime(0))
	return err
}

func final(err error) bool {
	if _, ok := errors.AsType[*Error](err); !ok {
		return true // fn's own, or a *ConfigError
	}
	switch ClassOf(err) {
	case ClassData, ClassTooBig, ClassTooSlow:
		return true
	default:
		return false
	}
}
