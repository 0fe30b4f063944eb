package jetstream_test

import (
	"testing"
	"time"

	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/queue/queuetest"
)

// embedded opens the queue in dir, closed at the end of the test.
func embedded(t testing.TB, dir string) *jetstream.Broker {
	t.Helper()
	b, err := jetstream.OpenEmbedded(t.Context(), dir, jetstream.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { closing(t, b) })
	return b
}

func TestEmbeddedConforms(t *testing.T) {
	dirs := map[queue.Broker]string{}
	queuetest.Run(t, queuetest.Harness{
		Open: func(t testing.TB) queue.Broker {
			dir := t.TempDir()
			b := embedded(t, dir)
			dirs[b] = dir
			return b
		},
		Reopen: func(t testing.TB, b queue.Broker) queue.Broker { return embedded(t, dirs[b]) },
		Traits: queuetest.Traits{MaxBodyBytes: 8 << 20, Quiet: 1400 * time.Millisecond},
	})
}
