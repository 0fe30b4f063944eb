package app

import (
	"context"
	"time"

	"github.com/cenkalti/backoff/v5"

	"recibo/internal/config"
	"recibo/queue"
	"recibo/store"
)

// openQueue opens the configured queue, waiting for it, and makes it unless
// --setup=false.
func (a *App) openQueue(ctx context.Context) (queue.Broker, error) {
	adapter, err := findQueue(a.Config.Queue)
	if err != nil {
		return nil, err
	}
	return await(ctx, a, store.QueueComponent, a.Config.Queue, func(ctx context.Context) (queue.Broker, error) {
		b, err := adapter.open(ctx, a.Config.Queue, a.Log)
		if err != nil {
			return nil, err
		}
		if a.Config.Setup {
			if err := b.Setup(ctx); err != nil {
				closeQueue(ctx, b)
				return nil, err
			}
		}
		return b, nil
	})
}

// closeQueue gives a broker a moment to close, also after ctx ended.
func closeQueue(ctx context.Context, b queue.Broker) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	_ = b.Close(ctx) // everything is settled; the queue takes back what is not
}

// openStore opens the configured store for writing, with its tables.
func (a *App) openStore(ctx context.Context) (store.Store, error) {
	adapter, err := findStore(a.Config.Store)
	if err != nil {
		return nil, err
	}
	s, err := a.awaitStore(ctx, func(ctx context.Context) (store.Store, error) {
		return adapter.open(ctx, a.Config.Store, storeUse{writers: a.Config.Writers, allowStandalone: a.Config.AllowStandalone})
	}, adapter.selfMade || a.Config.Migrate)
	if err == nil {
		a.warnOf(ctx, s)
	}
	return s, err
}

// warnOf says what a store knows of its server that its users should mend, and
// nobody waits for.
func (a *App) warnOf(ctx context.Context, s store.Store) {
	noted, ok := s.(interface {
		Notes(ctx context.Context) ([]string, error)
	})
	if !ok {
		return
	}
	notes, err := noted.Notes(ctx)
	if err != nil {
		notes = append(notes, err.Error())
	}
	for _, note := range notes {
		a.Log.Warn(note, "store", a.Config.Store)
	}
}

// readStore opens the configured store for reading: it must be there.
func (a *App) readStore(ctx context.Context) (store.Store, error) {
	adapter, err := findStore(a.Config.Store)
	if err != nil {
		return nil, err
	}
	return a.awaitStore(ctx, func(ctx context.Context) (store.Store, error) {
		return adapter.open(ctx, a.Config.Store, storeUse{readOnly: true})
	}, false)
}

func (a *App) awaitStore(ctx context.Context, open func(context.Context) (store.Store, error), migrate bool) (store.Store, error) {
	return await(ctx, a, store.StoreComponent, a.Config.Store, func(ctx context.Context) (store.Store, error) {
		s, err := open(ctx)
		if err != nil {
			return nil, err
		}
		if migrate {
			err = s.Migrate(ctx)
		}
		if err == nil {
			err = s.Check(ctx)
		}
		if err != nil {
			_ = s.Close() // the first error is the one to tell
			return nil, err
		}
		return s, nil
	})
}

// await calls open until it succeeds, until its error is one that waiting
// cannot mend, or until --wait is over.
func await[T any](ctx context.Context, a *App, component store.Component, target config.Address, open func(context.Context) (T, error)) (T, error) {
	began := time.Now()
	told := false
	attempt := func() (T, error) {
		v, err := open(ctx)
		switch {
		case err == nil:
		case isConfig(err) || ctx.Err() != nil:
			err = backoff.Permanent(err)
		case !told:
			told = true
			a.Log.Warn(string(component)+" does not answer yet; waiting for it", string(component), target, "error", err)
		}
		return v, err
	}
	limit := max(a.Config.Wait, 0)
	if a.Config.Wait == 0 {
		limit = 1 // backoff takes 0 for no limit
	}
	v, err := backoff.Retry(ctx, attempt, backoff.WithBackOff(store.Backoff()), backoff.WithMaxElapsedTime(limit))
	switch {
	case err == nil:
		if told {
			a.Log.Info(string(component)+" answers", string(component), target, "elapsed_ms", time.Since(began).Milliseconds())
		}
		return v, nil
	case ctx.Err() != nil:
		return v, ctx.Err()
	case isConfig(err):
		return v, err
	}
	return v, &UnreachableError{Component: component, Target: target.String(), Waited: a.Config.Wait, Err: err}
}
