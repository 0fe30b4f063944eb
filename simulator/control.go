package simulator

import (
	"context"
	"slices"
	"time"

	"recibo/queue"
)

// sendControl publishes the control totals of the windows that ended by then.
// Their payments were accepted before.
func (r *run) sendControl(ctx context.Context, passed time.Time) error {
	if r.windows == nil {
		return nil
	}
	return r.publishControl(ctx, r.windows.over(passed))
}

// sendLastControl publishes the control totals of all other windows in which
// something was sent, though they may not be over: this run sends no more. When
// a payment is in doubt ctx has ended, and none of them is sent.
func (r *run) sendLastControl(ctx context.Context) error {
	if r.windows == nil {
		return nil
	}
	err := r.publishControl(ctx, r.windows.rest())
	if n := r.result.ControlTotalsUnsent; n > 0 {
		r.log.Warn("control totals are not known to be sent", "queue", r.Queue, "windows", n)
	}
	return err
}

func (r *run) publishControl(ctx context.Context, ms []queue.Message) error {
	for part := range slices.Chunk(ms, r.batchSize()) {
		s := newSending(batch{messages: part})
		s.control = true
		err := r.publish(ctx, s)
		r.result.ControlTotalsUnsent += int64(len(part) - s.sent)
		if err != nil {
			return err
		}
	}
	return nil
}
