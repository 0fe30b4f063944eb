package reconcile

import (
	"context"
	"errors"
	"iter"
)

// RunBoth compares what was sent with what is stored, as Run does, and proves
// the windows, as RunWindows does, at the same time; then it names payments in
// the windows by that comparison. Where the windows are those of the whole
// database its payments are read once for both.
func RunBoth(ctx context.Context, c Config, w WindowConfig) (WindowsResult, Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w.defaults()
	c.defaults()
	s := newSweep(w)
	swept := make(chan struct{})
	if w.Source == "" && w.Since.IsZero() && w.Until.IsZero() {
		s.rows = newSorter(ctx, byRowID, c.Chunk, c.TempDir)
		s.compared = &c
		c.rows = sortedRows(ctx, s.rows, swept)
	}
	var missing missingEvents
	c.missing = &missing
	var compared Result
	failed := make(chan error, 1)
	go func() {
		var err error
		if compared, err = Run(ctx, c); err != nil {
			cancel() // nobody needs the other half
		}
		failed <- err
	}()
	err := s.run(ctx)
	if err != nil {
		cancel()
	}
	close(swept)
	if other := <-failed; other != nil && (err == nil || errors.Is(err, context.Canceled)) {
		err = other
	}
	if err != nil {
		return WindowsResult{}, Result{}, err
	}
	if err := s.finish(ctx); err != nil {
		return WindowsResult{}, Result{}, err
	}
	s.result.Balanced = s.result.Balanced && compared.Balanced
	err = s.result.name(ctx, w.Reader, &compared, missing)
	return s.result, compared, err
}

// sortedRows are the rows that a sweep puts into a sorter, when it is over.
func sortedRows(ctx context.Context, rows *sorter[row], swept <-chan struct{}) iter.Seq2[row, error] {
	return func(yield func(row, error) bool) {
		select {
		case <-swept:
			rows.all()(yield)
		case <-ctx.Done():
			yield(row{}, ctx.Err())
		}
	}
}
