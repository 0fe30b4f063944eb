package reconcile

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/lanrat/extsort"
)

// sorter sorts records on disk where they do not fit into a chunk.
type sorter[T any] struct {
	ctx  context.Context
	in   chan T
	out  <-chan T
	errs <-chan error
}

type codec[T any] struct {
	encode  func(T) ([]byte, error)
	decode  func([]byte) (T, error)
	compare func(a, b T) int
}

func newSorter[T any](ctx context.Context, c codec[T], chunk int, tempDir string) *sorter[T] {
	s := &sorter[T]{ctx: ctx, in: make(chan T, 256)}
	config := extsort.DefaultConfig()
	config.ChunkSize, config.TempFilesDir = chunk, tempDir
	sort, out, errs := extsort.Generic(s.in, c.decode, c.encode, c.compare, config)
	s.out, s.errs = out, errs
	go sort.Sort(ctx)
	return s
}

// add takes a record in. The library stops reading when it fails (a full disk),
// so its error is waited for too.
func (s *sorter[T]) add(record T) error {
	select {
	case s.in <- record:
		return nil
	case err := <-s.errs:
		return fmt.Errorf("sort on disk: %w", err)
	case <-s.ctx.Done():
		return s.ctx.Err()
	}
}

// each ends the input and calls fn with the records in order.
func (s *sorter[T]) each(fn func(T) error) error {
	close(s.in)
	for record := range s.out {
		if err := fn(record); err != nil {
			return err
		}
	}
	if err := <-s.errs; err != nil {
		return fmt.Errorf("sort on disk: %w", err)
	}
	return s.ctx.Err()
}

// all is each for those who take the records one by one; an error is the last
// thing it yields.
func (s *sorter[T]) all() iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		stopped := errors.New("no more wanted")
		var none T
		err := s.each(func(record T) error {
			if !yield(record, nil) {
				return stopped
			}
			return nil
		})
		if err != nil && !errors.Is(err, stopped) {
			yield(none, err)
		}
	}
}
