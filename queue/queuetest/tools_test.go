package queuetest_test

import (
	"testing"
	"time"

	"recibo/queue/queuetest"
)

// TestToolsSettleWhatTheyTake: what was acked is gone, the rest is left until
// it is taken out.
func TestToolsSettleWhatTheyTake(t *testing.T) {
	t.Parallel()
	b := queuetest.NewMemory()
	queuetest.Publish(t, b, queuetest.Numbered(0, 10))
	s := queuetest.Source(t, b, 10)
	ds := queuetest.Collect(t, s, 10, 5*time.Second)
	queuetest.Ack(t, s, ds[:7])
	queuetest.Close(t, s)
	left := queuetest.LeftIn(t, b)
	if len(left) != 3 || left[0].ID != "m7" || left[0].Key != "k7" || string(left[0].Body) != `{"n":7}` {
		t.Errorf("left: %v", left)
	}
	queuetest.NothingLeft(t, b)
}
