package rabbitmq_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
)

// TestLargeMessagesAreHeldInPart: of 40 messages of 1 MiB no more are held than
// the 4 MiB that are wanted, and small ones come in large numbers again.
func TestLargeMessagesAreHeldInPart(t *testing.T) {
	t.Parallel()
	server := testserver.RabbitMQ(t)
	b := ready(t, server.URL("admin", server.VirtualHost(t), "payments"))
	const wanted = 4 << 20
	var large []queue.Message
	for i := range 40 {
		large = append(large, queue.Message{ID: fmt.Sprintf("large%d", i), Body: make([]byte, 1<<20)})
	}
	publish(t, b, large)
	s, err := b.Source(t.Context(), queue.Want{Messages: 1000, Bytes: wanted})
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for rounds := 0; len(seen) < len(large); rounds++ {
		held := map[string]int{}
		ds := hold(t, s)
		bytes := 0
		for _, d := range ds {
			if held[d.ID]++; held[d.ID] == 1 {
				bytes += len(d.Body)
			}
			seen[d.ID] = true
		}
		if bytes > wanted {
			t.Fatalf("%d bytes held, want at most %d", bytes, wanted)
		}
		ack(t, s, ds)
	}
	publish(t, b, numbered(0, 3000))
	for n := 0; n < 3000; {
		ds := collect(t, s, 1, patience)
		ack(t, s, ds)
		n += len(ds)
	}
	publish(t, b, numbered(3000, 3500))
	last := map[string]bool{} // without those that came again
	for _, d := range hold(t, s) {
		if number, _ := strconv.Atoi(d.ID[1:]); number >= 3000 {
			last[d.ID] = true
		}
	}
	if len(last) < 200 {
		t.Errorf("%d small messages held, want some hundreds", len(last))
	}
	closing(t, s)
}

// hold receives without acking until nothing more comes for a while.
func hold(t *testing.T, s queue.Source) []queue.Delivery {
	t.Helper()
	all := collect(t, s, 1, patience)
	for {
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		ds, err := s.Receive(ctx, 100)
		cancel()
		if errors.Is(err, context.DeadlineExceeded) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, ds...)
	}
}
