package main

import (
	"context"
	"errors"

	"recibo/store"
)

// shared inserts over several connections at once, each with a part of the
// payments.
func shared[C any](conns []C, insert func(context.Context, C, []store.Payment) error) func(context.Context, []store.Payment) error {
	return func(ctx context.Context, payments []store.Payment) error {
		errs := make(chan error, len(conns))
		share := (len(payments) + len(conns) - 1) / len(conns)
		for i, conn := range conns {
			part := payments[min(i*share, len(payments)):min((i+1)*share, len(payments))]
			go func() { errs <- insert(ctx, conn, part) }()
		}
		var err error
		for range conns {
			err = errors.Join(err, <-errs)
		}
		return err
	}
}
