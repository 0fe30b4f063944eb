package jetstream_test

import (
	"context"
	"os"
	"testing"
	"time"

	"recibo/queue"
	"recibo/queue/jetstream"
	"recibo/queue/queuetest"
)

// What the tests of all adapters do.
var (
	closing  = queuetest.Close
	numbered = queuetest.Numbered
	publish  = queuetest.Publish
	source   = queuetest.Source
)

// TestMain is also that of another process on the same folder.
func TestMain(m *testing.M) {
	queuetest.RunChild(func(ctx context.Context, role, dir string) error {
		b, err := jetstream.OpenEmbedded(ctx, dir, jetstream.Options{})
		if err != nil {
			return err
		}
		return queuetest.Play(ctx, b, role)
	})
	os.Exit(m.Run())
}

// collect receives until want has an entry for each of n ids, within the time.
func collect(t testing.TB, s queue.Source, n int, within time.Duration) []queue.Delivery {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	var got []queue.Delivery
	for len(got) < n {
		ds, err := s.Receive(ctx, 1000)
		if ctx.Err() != nil {
			t.Fatalf("received %d of %d messages within %v: %v", len(got), n, within, err)
		}
		if err != nil {
			time.Sleep(20 * time.Millisecond) // an outage: call again later
			continue
		}
		got = append(got, ds...)
	}
	return got
}
