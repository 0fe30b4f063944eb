package reconcile

import (
	"context"

	"recibo/store"
)

// pagesAhead is how many pages are read before they are needed: the database
// works while the page before is looked at.
const pagesAhead = 2

// ahead reads a list page by page in a goroutine of its own. Its next is called
// by one goroutine; stop ends it, whatever was read.
type ahead[T any] struct {
	pages  <-chan store.Page[T]
	failed <-chan error // one, when pages is closed
	cancel context.CancelFunc
	items  []T
	at     int
}

func readAhead[T any](ctx context.Context, fetch func(ctx context.Context, after string) (store.Page[T], error)) *ahead[T] {
	ctx, cancel := context.WithCancel(ctx)
	pages, failed := make(chan store.Page[T], pagesAhead), make(chan error, 1)
	go func() {
		defer close(pages)
		for after := ""; ; {
			page, err := fetch(ctx, after)
			if err == nil {
				err = ctx.Err() // stop empties pages, so that there is room for ever more
			}
			if err != nil {
				failed <- err
				return
			}
			select {
			case pages <- page:
			case <-ctx.Done():
				failed <- ctx.Err()
				return
			}
			if after = page.Next; after == "" {
				failed <- nil
				return
			}
		}
	}()
	return &ahead[T]{pages: pages, failed: failed, cancel: cancel}
}

// head returns the next item without taking it, nil at the end.
func (a *ahead[T]) head() (*T, error) {
	for a.at == len(a.items) {
		page, more := <-a.pages
		if !more {
			if a.failed == nil {
				return nil, nil
			}
			err := <-a.failed
			a.failed = nil
			return nil, err
		}
		a.items, a.at = page.Items, 0
	}
	return &a.items[a.at], nil
}

// take passes the item that head returned.
func (a *ahead[T]) take() { a.at++ }

// stop ends the reading and waits for its end.
func (a *ahead[T]) stop() {
	a.cancel()
	for range a.pages { // until the goroutine closes it
	}
}
