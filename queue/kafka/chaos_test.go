package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
)

// fates is what publishers were told and receivers saw.
type fates struct {
	mu       sync.Mutex
	told     map[string]string // "" is accepted
	received map[string]int
}

func (f *fates) publish(ctx context.Context, p queue.Publisher, name string) {
	for turn := 0; ctx.Err() == nil; turn++ {
		ms := make([]queue.Message, 1+rand.IntN(300))
		for i := range ms {
			ms[i] = queue.Message{ID: fmt.Sprintf("%s-%d-%d", name, turn, i), Key: fmt.Sprint("k", i), Body: random(rand.IntN(3000))}
		}
		err := p.Publish(context.WithoutCancel(ctx), ms)
		partial := &queue.PartialError{}
		_ = errors.As(err, &partial)
		f.mu.Lock()
		for _, m := range ms {
			f.told[m.ID] = ""
		}
		for _, i := range partial.Refused {
			f.told[ms[i].ID] = "refused"
		}
		for _, i := range partial.Unknown {
			f.told[ms[i].ID] = "unknown"
		}
		f.mu.Unlock()
		if err != nil {
			time.Sleep(20 * time.Millisecond)
		}
	}
}

func (f *fates) receive(ctx context.Context, s queue.Source) {
	for ctx.Err() == nil {
		ds, err := s.Receive(ctx, 1+rand.IntN(200))
		if err != nil {
			time.Sleep(10 * time.Millisecond)
			continue
		}
		f.mu.Lock()
		for _, d := range ds {
			f.received[d.ID]++
		}
		f.mu.Unlock()
		rand.Shuffle(len(ds), func(i, j int) { ds[i], ds[j] = ds[j], ds[i] })
		if n := rand.IntN(20); n > 0 || len(ds) == 0 {
			_ = s.Ack(ctx, ds)
		} else {
			_ = s.Ack(ctx, ds[1:]) // one holds up its partition: what is behind it comes again
		}
	}
}

// TestNothingIsLostInChaos: whatever the network does, and whoever comes and
// goes, what was accepted comes, and what was refused does not.
func TestNothingIsLostInChaos(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	proxy := server.Proxy(t)
	address := group(t, server, 6)
	b := ready(t, at(proxy.Addr(), address))
	f := &fates{told: map[string]string{}, received: map[string]int{}}
	lasts := 5 * time.Second
	if long, err := time.ParseDuration(os.Getenv("RECIBO_CHAOS")); err == nil {
		lasts = long
	}
	ctx, cancel := context.WithTimeout(t.Context(), lasts)
	defer cancel()
	var wait sync.WaitGroup
	for i := range 3 {
		p := publisher(t, b)
		wait.Go(func() { f.publish(ctx, p, fmt.Sprint("p", i)) })
	}
	for _, want := range []int{200, 2000} {
		s := source(t, b, want)
		wait.Go(func() { f.receive(ctx, s) })
	}
	direct := dial(t, address)
	wait.Go(func() { // a third that comes and goes
		for ctx.Err() == nil {
			s, err := direct.Source(ctx, queue.Want{Messages: 500})
			if err != nil {
				continue
			}
			brief, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(2000))*time.Millisecond)
			f.receive(brief, s)
			cancel()
			_ = s.Close(context.WithoutCancel(ctx))
		}
	})
	for ctx.Err() == nil {
		harm(proxy)
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
		proxy.Restore()
		time.Sleep(time.Duration(rand.IntN(400)) * time.Millisecond)
	}
	wait.Wait()
	closing(t, b)
	for _, d := range leftIn(t, direct) {
		f.received[d.ID]++
	}
	count := map[string]int{}
	for id, told := range f.told {
		count[told]++
		if (told == "" && f.received[id] == 0) || (told == "refused" && f.received[id] > 0) {
			t.Errorf("%s was %q and came %d times", id, told, f.received[id])
		}
	}
	t.Logf("%d accepted, %d refused, %d unknown", count[""], count["refused"], count["unknown"])
	if count[""] == 0 {
		t.Error("nothing was accepted")
	}
}

func harm(proxy *testserver.Proxy) {
	switch rand.IntN(5) {
	case 0:
		proxy.Drop()
	case 1:
		proxy.Cut()
	case 2:
		proxy.Stall(testserver.ToServer)
	case 3:
		proxy.Stall(testserver.ToClient)
		time.Sleep(50 * time.Millisecond)
		proxy.Drop()
	case 4:
		proxy.Delay(5 * time.Millisecond)
	}
}
