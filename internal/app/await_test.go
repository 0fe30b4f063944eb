package app

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"recibo/internal/config"
	"recibo/queue"
	"recibo/store"
)

func waiting(wait time.Duration) *App {
	return &App{Config: &config.Config{Wait: wait}, Log: slog.New(slog.DiscardHandler)}
}

var errDown = errors.New("connection refused")

func TestAwaitGoesOnUntilItAnswers(t *testing.T) {
	for _, wait := range []time.Duration{time.Minute, config.Forever} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			v, err := await(t.Context(), waiting(wait), store.QueueComponent, config.Address{}, func(context.Context) (int, error) {
				if time.Since(began) < 20*time.Second {
					return 0, errDown
				}
				return 7, nil
			})
			if v != 7 || err != nil || time.Since(began) > 25*time.Second {
				t.Errorf("%d, %v after %s", v, err, time.Since(began))
			}
		})
	}
}

func TestAwaitGivesUpAfterWait(t *testing.T) {
	for _, wait := range []time.Duration{0, 10 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := await(t.Context(), waiting(wait), store.StoreComponent, config.Address{}, func(context.Context) (int, error) { return 0, errDown })
			if ExitCode(err) != ExitUnreachable || !errors.Is(err, errDown) || time.Since(began) > wait+time.Second {
				t.Errorf("%v after %s", err, time.Since(began))
			}
		})
	}
}

func TestAwaitDoesNotWaitForMistakes(t *testing.T) {
	for _, mistake := range []error{&queue.ConfigError{Err: errDown, Tip: "x"}, &store.ConfigError{Err: errDown, Tip: "x"}} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			_, err := await(t.Context(), waiting(config.Forever), store.StoreComponent, config.Address{}, func(context.Context) (int, error) { return 0, mistake })
			if ExitCode(err) != ExitUsage || Hint(err) != "x" || time.Since(began) != 0 {
				t.Errorf("%v after %s", err, time.Since(began))
			}
		})
	}
}

func TestAwaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		_, err := await(ctx, waiting(config.Forever), store.StoreComponent, config.Address{}, func(context.Context) (int, error) { return 0, errDown })
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v", err)
		}
	})
}
