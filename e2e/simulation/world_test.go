package simulation_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"recibo/payment"
	"recibo/queue"
	"recibo/queue/queuetest"
	"recibo/recorder"
	"recibo/simulator"
	"recibo/store/storetest"
	"recibo/wire"
)

// world is a queue, a store, the processes and people around them, and a model
// of what must be true.
type world struct {
	t        *testing.T
	messages *simulator.Generator
	control  int // control totals so far
	broker   *queuetest.Faulty
	memory   *storetest.Memory
	store    *storetest.Faulty
	running  []*running
	names    int
	model    model

	mu       sync.Mutex
	offset   time.Duration // of the clock of what is written
	problems []string
}

// running is a recorder at work.
type running struct {
	*process
	stop context.CancelFunc
	done chan struct{}
}

// run lets a plan happen, and returns what went wrong.
func run(t *testing.T, p plan) (problems []string) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, p.Seed)
		for i, s := range p.Steps {
			w.do(s)
			synctest.Wait()
			w.check(fmt.Sprintf("step %d, %s", i, s.Do))
			if w.failed() {
				break
			}
		}
		w.finish()
		problems = w.problems
	})
	return problems
}

func newWorld(t *testing.T, seed uint64) *world {
	faults, err := simulator.ParseFaults("duplicate=8%,conflict=6%,malformed=5%,invalid=8%,too_large=1%,reorder=10%")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, messages: simulator.New(simulator.Config{Seed: seed, Faults: faults}), memory: storetest.NewMemory(),
		broker: &queuetest.Faulty{Broker: queuetest.NewMemory()}, model: newModel()}
	w.store = storetest.NewFaulty(w.memory)
	return w
}

func (w *world) problem(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.problems = append(w.problems, fmt.Sprintf(format, args...))
}

func (w *world) failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.problems) > 0
}

// now is the clock of what recorders write: it may be set.
func (w *world) now() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return time.Now().Add(w.offset)
}

// publish puts the next messages of the stream on the queue, and now and then a
// control total, sometimes again and sometimes with other content.
func (w *world) publish(n int) {
	var ms []queue.Message
	for range n {
		ms = append(ms, w.messages.Next().Message)
	}
	for range n / 8 {
		w.control++
		ms = append(ms, w.controlTotal())
	}
	w.send(ms)
}

func (w *world) controlTotal() queue.Message {
	from := simulator.DefaultStart.Add(time.Duration(w.control/3) * time.Minute)
	c := payment.ControlTotal{Window: payment.Window{Source: "api", Producer: "p", From: from, Until: from.Add(time.Minute)}}
	for i := range 1 + w.control%3/2 {
		c.Add(payment.Money{Minor: 150, Currency: "BRL"}, payment.Fingerprint{byte(i)})
	}
	return queue.Message{ID: fmt.Sprint("control:", w.control), Body: wire.EncodeControl(&c)}
}

// send publishes for good: these are the messages that must not be lost.
func (w *world) send(ms []queue.Message) {
	w.published(ms)
	p, err := w.broker.Broker.Publisher(w.t.Context())
	if err == nil {
		err = p.Publish(w.t.Context(), ms)
	}
	if err != nil {
		w.t.Fatal(err)
	}
	w.model.sent = append(w.model.sent, ms...)
}

// start runs a recorder that dies at its nth call, if n is not 0.
func (w *world) start(n, batch int) *running {
	w.names++
	r := &running{process: w.process(n), done: make(chan struct{})}
	ctx, stop := context.WithCancel(r.ctx)
	r.stop = stop
	rec := recorder.New(mortalBroker{w.broker, r.process}, mortalStore{w.store, r.process}, recorder.Config{
		ID: fmt.Sprintf("recorder-%d", w.names), Queue: "memory", Batch: 1 + batch, Now: w.now, DrainTimeout: 5 * time.Second})
	go func() {
		defer close(r.done)
		_, _ = rec.Run(ctx) // to be cut off is one of the things that happen
	}()
	return r
}

// end waits for a recorder that was told to stop, for as long as its drain may
// take; a dead one only has its goroutines left.
func (r *running) end() {
	r.stop()
	<-r.done
	r.kill()
}

func (w *world) stopAll(kill bool) {
	for _, r := range w.running {
		if kill {
			r.kill()
		}
		r.end()
	}
	w.running = nil
}

// finish makes everything well again, and wants all that was sent to have its
// fate, and nothing on its way.
func (w *world) finish() {
	if w.failed() {
		w.stopAll(true)
		return
	}
	w.heal()
	w.stopAll(false)
	w.resumeAll()
	r := w.start(0, 50)
	time.Sleep(5 * time.Minute)
	r.end()
	w.check("the end")
	w.checkEnd()
}

func (w *world) heal() {
	w.store.Heal()
	w.calm()
	w.broker.Up()
}
