package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"recibo/store"
	"recibo/store/storetest"
)

var (
	errOwn  = errors.New("no such entry")
	nothing = func(context.Context, store.Tx) error { return nil }
)

func TestRetry(t *testing.T) {
	for name, test := range map[string]struct {
		fail     int
		class    store.Class
		attempts int
		quick    bool // without waiting
	}{
		"at once":                        {0, store.ClassOutage, 1, true},
		"transient, redone at once":      {store.RedoMost, store.ClassTransient, store.RedoMost + 1, true},
		"transient for ever is outage":   {store.RedoMost + 1, store.ClassTransient, store.RedoMost + 2, false},
		"outage, waited for":             {20, store.ClassOutage, 21, false},
		"unknown commit, done once more": {1, store.ClassUnknownCommit, 2, false},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := storetest.NewFaulty(storetest.NewMemory())
				s.FailNext(test.fail, test.class)
				began := time.Now()
				if err := store.Retry(t.Context(), s, nothing); err != nil {
					t.Fatal(err)
				}
				if s.Attempts() != test.attempts {
					t.Errorf("%d attempts, want %d", s.Attempts(), test.attempts)
				}
				if quick := time.Since(began) == 0; quick != test.quick {
					t.Errorf("it took %v", time.Since(began))
				}
			})
		})
	}
}

func TestRetryGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := storetest.NewFaulty(storetest.NewMemory())
		err := store.Retry(t.Context(), s, func(context.Context, store.Tx) error { return errOwn })
		if !errors.Is(err, errOwn) || s.Attempts() != 1 {
			t.Errorf("fn's own error: %v after %d attempts", err, s.Attempts())
		}
		for _, class := range []store.Class{store.ClassData, store.ClassTooBig, store.ClassTooSlow} {
			s := storetest.NewFaulty(storetest.NewMemory())
			s.FailNext(1, class)
			if err := store.Retry(t.Context(), s, nothing); store.ClassOf(err) != class || s.Attempts() != 1 {
				t.Errorf("%v: %v after %d attempts", class, err, s.Attempts())
			}
		}
		down := storetest.NewFaulty(storetest.NewMemory())
		down.Down("connection refused")
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		if err := store.Retry(ctx, down, nothing); err == nil || down.Attempts() < 20 {
			t.Errorf("an outage of a minute: %v after %d attempts", err, down.Attempts())
		}
	})
}

// Waits stay short enough to find the database back within seconds.
func TestBackoffIsBounded(t *testing.T) {
	waits := store.Backoff()
	for range 100 {
		if d := waits.NextBackOff(); d <= 0 || d > 3*time.Second {
			t.Fatalf("a wait of %v", d)
		}
	}
}
