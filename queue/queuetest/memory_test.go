package queuetest_test

import (
	"testing"
	"testing/synctest"

	"recibo/queue"
	"recibo/queue/queuetest"
)

func memory() queuetest.Harness {
	return queuetest.Harness{
		Open:   func(testing.TB) queue.Broker { return queuetest.NewMemory() },
		Reopen: func(_ testing.TB, b queue.Broker) queue.Broker { return b.(*queuetest.Memory).Reopen() },
	}
}

func TestMemoryConforms(t *testing.T) { queuetest.Run(t, memory()) }

func TestFaultyWithoutFaultsConforms(t *testing.T) {
	h := memory()
	h.Open = func(testing.TB) queue.Broker { return &queuetest.Faulty{Broker: queuetest.NewMemory()} }
	h.Reopen = func(_ testing.TB, b queue.Broker) queue.Broker {
		return b.(*queuetest.Faulty).Broker.(*queuetest.Memory).Reopen()
	}
	queuetest.Run(t, h)
}

// TestMemoryUnderSynctest: a receive that waits is durably blocked, so that
// fake time passes.
func TestMemoryUnderSynctest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := queuetest.NewMemory()
		s, err := b.Source(t.Context(), queue.Want{Messages: 1})
		if err != nil {
			t.Fatal(err)
		}
		got := make(chan []queue.Delivery)
		go func() {
			ds, _ := s.Receive(t.Context(), 1)
			got <- ds
		}()
		synctest.Wait()
		p, _ := b.Publisher(t.Context())
		if err := p.Publish(t.Context(), []queue.Message{{ID: "a"}}); err != nil {
			t.Fatal(err)
		}
		if ds := <-got; len(ds) != 1 || ds[0].Position != "memory@1" {
			t.Fatalf("received %v, want message a at memory@1", ds)
		}
	})
}
