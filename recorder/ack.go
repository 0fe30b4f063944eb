package recorder

import (
	"context"

	"recibo/queue"
)

// settlement is what one transaction committed of one feed.
type settlement struct {
	feed       *feed
	deliveries []queue.Delivery
}

// settlements sorts committed units by the feed that their deliveries came from.
func settlements(units []*unit) []settlement {
	var all []settlement
	for _, u := range units {
		for _, it := range u.items {
			at := 0
			for at < len(all) && all[at].feed != it.feed {
				at++
			}
			if at == len(all) {
				all = append(all, settlement{feed: it.feed, deliveries: make([]queue.Delivery, 0, len(units))})
			}
			all[at].deliveries = append(all[at].deliveries, it.delivery)
		}
	}
	return all
}

// acknowledge settles with the queue what has been committed. A failed ack is
// no business error: what comes again is a duplicate. So it is counted, and
// told in the digest.
func (r *Recorder) acknowledge(ctx context.Context) {
	for s := range r.acks {
		if err := s.feed.source.Ack(ctx, s.deliveries); err != nil {
			r.digest.ackFailed(len(s.deliveries), err)
		}
		r.activity.settle(len(s.deliveries))
	}
}
