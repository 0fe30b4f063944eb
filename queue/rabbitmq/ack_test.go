package rabbitmq_test

import (
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"recibo/internal/testserver"
)

// TestAckOfManyIsOneFrame, in order and where two writers finish in the other
// order.
func TestAckOfManyIsOneFrame(t *testing.T) {
	server := testserver.RabbitMQ(t)
	for _, tt := range []struct {
		name  string
		order []int // of batches of 100
		most  int64 // frames
	}{
		{"in order", []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, 10},
		{"two writers", []int{1, 0, 3, 2, 5, 4, 7, 6, 9, 8}, 5},
		{"the oldest last", []int{1, 2, 3, 4, 5, 6, 7, 8, 9, 0}, 1},
	} {
		t.Run(tt.name, func(t *testing.T) {
			address := server.URL("admin", server.VirtualHost(t), "payments")
			count := countAcks(t, server.Addr())
			b := ready(t, strings.Replace(address, server.Addr(), count.addr, 1))
			publish(t, b, numbered(0, 1000))
			s := source(t, b, 2000)
			ds := collect(t, s, 1000, patience)
			for _, i := range tt.order {
				ack(t, s, ds[100*i:100*i+100])
			}
			closing(t, s)
			if n := count.acks.Load(); n == 0 || n > tt.most {
				t.Errorf("%d ack frames for 1000 messages, want at most %d", n, tt.most)
			}
			nothingLeft(t, b)
		})
	}
}

// TestAckWaitsInVain: what was settled early is acked soon, though what came
// before it is not.
func TestAckWaitsInVain(t *testing.T) {
	server := testserver.RabbitMQ(t)
	proxy := server.Proxy(t)
	b := ready(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
	publish(t, b, numbered(0, 10))
	s := source(t, b, 10)
	ds := collect(t, s, 10, patience)
	ack(t, s, ds[5:])
	time.Sleep(300 * time.Millisecond)
	proxy.Drop() // what the broker has not read of acks by now comes again
	again := collect(t, s, 5, patience)
	for i, d := range again {
		if d.ID != ds[i].ID || d.Attempt != 2 {
			t.Errorf("%s came again with attempt %d where %s was due with attempt 2", d.ID, d.Attempt, ds[i].ID)
		}
	}
	ack(t, s, again)
	closing(t, s)
	nothingLeft(t, b)
}

// TestStaleReceipts: acks of an earlier connection settle nothing and hurt
// nothing, though their tags name other messages now.
func TestStaleReceipts(t *testing.T) {
	server := testserver.RabbitMQ(t)
	before := goleak.IgnoreCurrent()
	proxy := server.Proxy(t)
	b := ready(t, through(proxy, server.URL("admin", server.VirtualHost(t), "payments")))
	publish(t, b, numbered(0, 20))
	s := source(t, b, 100)
	stale := collect(t, s, 20, patience)
	for range 5 {
		proxy.Drop()
		again := collect(t, s, 20, patience)
		ack(t, s, stale) // and their tags run from 1 to 20, too
		stale = again
	}
	ack(t, s, stale[:10])
	ack(t, s, stale[5:10])
	closing(t, s)
	if n := len(leftIn(t, b)); n != 10 {
		t.Errorf("%d messages are in the queue, want the 10 that were acked only with stale receipts", n)
	}
	closing(t, b)
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("recibo/internal/testserver.(*Proxy).accept"))
}

// TestConcurrentAcks: many goroutines settle single messages in any order.
func TestConcurrentAcks(t *testing.T) {
	server := testserver.RabbitMQ(t)
	b := ready(t, server.URL("admin", server.VirtualHost(t), "payments"))
	publish(t, b, numbered(0, 1000))
	s := source(t, b, 1000)
	ds := collect(t, s, 1000, patience)
	var wait sync.WaitGroup
	for i := range 8 {
		wait.Go(func() {
			for at := i; at < len(ds); at += 8 {
				if err := s.Ack(t.Context(), ds[at:at+1]); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wait.Wait()
	closing(t, s)
	nothingLeft(t, b)
}
