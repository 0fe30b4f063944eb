package kafka_test

import (
	"os"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
	"recibo/queue/queuetest"
)

// TestServerIsHurt: one source and one publisher live through everything that
// can happen to a server, and work a moment after it answers again.
func TestServerIsHurt(t *testing.T) {
	t.Parallel()
	server := testserver.NewKafka(t)
	address := server.URL("", "payments", "recibo")
	m := openStream(t, with(address, "session_timeout", "3000"))
	m.Flows(t, patience)
	frozen, rounds := 6*time.Second, 1
	if os.Getenv("RECIBO_CHAOS") != "" {
		frozen, rounds = 20*time.Second, 5
	}
	for range rounds {
		for _, tt := range []struct {
			name string
			hurt func()
		}{
			{"restarted", func() { server.Restart(t) }},
			{"frozen for a moment", func() { server.Freeze(t); time.Sleep(time.Second); server.Thaw(t) }},
			{"frozen for longer than the session", func() { server.Freeze(t); time.Sleep(frozen); server.Thaw(t) }},
			{"killed while we commit", func() {
				held := hold(t, m)
				server.Freeze(t)
				ack(t, m.Source, held)
				time.Sleep(200 * time.Millisecond) // the commit is on its way
				server.Kill(t)
				server.Start(t)
			}},
		} {
			t.Run(tt.name, func(t *testing.T) {
				tt.hurt()
				m.Flows(t, patience)
				m.Flows(t, 2*time.Second)
			})
		}
	}
	m.Close(t)
	nothingLeft(t, dial(t, address))
}

// hold receives new messages and does not ack them.
func hold(t *testing.T, m *queuetest.Stream) []queue.Delivery {
	t.Helper()
	if err := m.Publisher.Publish(t.Context(), numbered(m.Next, m.Next+5)); err != nil {
		t.Fatal(err)
	}
	m.Next += 5
	return collect(t, m.Source, 5, patience)
}
