package recorder

import (
	"context"

	"recibo/queue"
)

// acknowledge settles with the queue what has been committed. A failed ack is
// no business error: what comes again is a duplicate. So it is counted, and
// told in the digest.
func (r *Recorder) acknowledge(ctx context.Context, source queue.Source) {
	for deliveries := range r.acks {
		if err := source.Ack(ctx, deliveries); err != nil {
			r.digest.ackFailed(len(deliveries), err)
		}
		r.activity.settled(len(deliveries))
	}
}
