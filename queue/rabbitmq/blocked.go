package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"
)

var errBlocked = errors.New("the broker has blocked publishers")

// whyBlocked is nil while the broker takes messages.
func (s *session) whyBlocked() error {
	if reason := s.blocked.Load(); reason != nil {
		return fmt.Errorf("%w: %s", errBlocked, *reason)
	}
	return nil
}

// awaitFree waits a while for a broker that takes no messages, and returns why
// it takes none.
func (s *session) awaitFree(ctx context.Context) error {
	if s.blocked.Load() == nil {
		return nil
	}
	timer := time.NewTimer(blockedTimeout)
	defer timer.Stop()
	for {
		free := s.untilFree()
		why := s.whyBlocked()
		if why == nil {
			return nil
		}
		select {
		case <-free:
		case <-timer.C:
			return why
		case <-s.lost:
			return s.ending()
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), why)
		}
	}
}
