package queuetest

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"

	"recibo/queue"
)

// FailReceives is a BeforeReceive hook: the next n calls answer ErrInjected.
func FailReceives(n int) func() error {
	next := first(n)
	return func() error {
		if next() {
			return ErrInjected
		}
		return nil
	}
}

// LoseAcks is a BeforeAck hook: the next n calls settle nothing and answer err.
// With a nil err the caller believes that all is settled.
func LoseAcks(n int, err error) func([]queue.Delivery) ([]queue.Delivery, error) {
	next := first(n)
	return func(ds []queue.Delivery) ([]queue.Delivery, error) {
		if next() {
			return nil, err
		}
		return ds, nil
	}
}

// FailPublishes is a BeforePublish hook: the next n calls refuse every message.
func FailPublishes(n int) func([]queue.Message) ([]queue.Message, error) {
	next := first(n)
	return func(ms []queue.Message) ([]queue.Message, error) {
		if next() {
			return nil, &queue.PartialError{Refused: indexes(len(ms)), Err: ErrInjected}
		}
		return ms, nil
	}
}

// LoseReplies is an AfterPublish hook: the next n calls publish, but answer
// that nobody knows.
func LoseReplies(n int) func([]queue.Message, error) error {
	next := first(n)
	return func(ms []queue.Message, err error) error {
		if err == nil && next() {
			return &queue.PartialError{Unknown: indexes(len(ms)), Err: ErrInjected}
		}
		return err
	}
}

// RefuseSome returns a BeforePublish and an AfterPublish hook which together
// publish only the messages that keep picks and refuse the others. Publish
// calls must not overlap.
func RefuseSome(keep func(queue.Message) bool) (before func([]queue.Message) ([]queue.Message, error), after func([]queue.Message, error) error) {
	before = func(ms []queue.Message) ([]queue.Message, error) {
		var kept []queue.Message
		for _, m := range ms {
			if keep(m) {
				kept = append(kept, m)
			}
		}
		return kept, nil
	}
	after = func(ms []queue.Message, err error) error {
		var refused []int
		for i, m := range ms {
			if !keep(m) {
				refused = append(refused, i)
			}
		}
		if err != nil || refused == nil {
			return err
		}
		return &queue.PartialError{Refused: refused, Err: ErrInjected}
	}
	return before, after
}

// Shuffle is an AfterReceive hook that hands out each batch in another order.
func Shuffle(seed uint64) func([]queue.Delivery) []queue.Delivery {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 1))
	return func(ds []queue.Delivery) []queue.Delivery {
		mu.Lock()
		defer mu.Unlock()
		random.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
		return ds
	}
}

// Double is an AfterReceive hook that hands out every nth delivery twice, with
// one receipt. Batches grow beyond the limit by those.
func Double(nth int) func([]queue.Delivery) []queue.Delivery {
	var seen atomic.Int64
	return func(ds []queue.Delivery) []queue.Delivery {
		var out []queue.Delivery
		for _, d := range ds {
			out = append(out, d)
			if seen.Add(1)%int64(nth) == 0 {
				out = append(out, d)
			}
		}
		return out
	}
}

// first returns a function that is true for its first n calls.
func first(n int) func() bool {
	var calls atomic.Int64
	return func() bool { return calls.Add(1) <= int64(n) }
}
