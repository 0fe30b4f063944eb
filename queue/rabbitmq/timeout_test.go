package rabbitmq_test

import (
	"context"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// TestConsumerTimeout: the broker takes back what was held for longer than it
// allows, as in a long outage of the database, and hands it out once more: one
// attempt for each timeout. Receipts of before are stale, which is no error.
func TestConsumerTimeout(t *testing.T) {
	t.Parallel()
	server := testserver.NewRabbitMQ(t, testserver.Setting("consumer_timeout", "2000"))
	server.Control(t, "eval", "application:set_env(rabbit, channel_tick_interval, 500).") // it looks once a minute
	b := ready(t, server.URL("admin", "/", "payments"))
	publish(t, b, numbered(0, 20))
	s := source(t, b, 100)
	first := collect(t, s, 20, patience)
	again := collect(t, s, 20, patience)
	for _, d := range again {
		if d.Attempt != 2 {
			t.Errorf("%s came again as attempt %d, want 2", d.ID, d.Attempt)
		}
	}
	ack(t, s, first[:10]) // stale
	ack(t, s, again)
	publish(t, b, numbered(20, 30))
	ack(t, s, collect(t, s, 10, patience)) // it really consumes
	ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
	defer cancel()
	if ds, err := s.Receive(ctx, 1); ctx.Err() == nil {
		t.Errorf("%d deliveries, error %v; want nothing, all was acked", len(ds), err)
	}
	closing(t, s)
}
