package adapter_test

import (
	"context"
	"errors"
	"testing"

	"recibo/queue"
	"recibo/queue/adapter"
)

// end forgets itself when it closes, as sources and publishers do.
type end struct {
	of     *adapter.Ends
	err    error
	closed int
}

func (e *end) Close(context.Context) error {
	e.closed++
	e.of.Forget(e)
	return e.err
}

// TestEndsAreClosedWithTheBroker once each: those that are open, and those that
// come too late.
func TestEndsAreClosedWithTheBroker(t *testing.T) {
	t.Parallel()
	ends := adapter.NewEnds("amqp://host")
	broken := errors.New("broken")
	well, ill, gone, late := &end{of: ends}, &end{of: ends, err: broken}, &end{of: ends}, &end{of: ends}
	for _, e := range []*end{well, ill, gone} {
		if err := ends.Keep(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	ends.Forget(gone)
	if n := len(ends.Open()); n != 2 || ends.Usable() != nil {
		t.Errorf("%d ends are open, usable: %v", n, ends.Usable())
	}
	if first, err := ends.Shut(t.Context()); !first || !errors.Is(err, broken) {
		t.Errorf("shut: %v, %v", first, err)
	}
	if first, err := ends.Shut(t.Context()); first || err != nil {
		t.Errorf("shut again: %v, %v", first, err)
	}
	for _, err := range []error{ends.Usable(), ends.Keep(t.Context(), late)} {
		if !errors.Is(err, queue.ErrClosed) || err.Error() != "queue amqp://host: closed" {
			t.Errorf("after the end: %v", err)
		}
	}
	if well.closed != 1 || ill.closed != 1 || gone.closed != 0 || late.closed != 1 || len(ends.Open()) != 0 {
		t.Errorf("closed %d, %d, %d and %d times", well.closed, ill.closed, gone.closed, late.closed)
	}
}
