package e2e_test

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"recibo/ledger"
	"recibo/quarantine"
	"recibo/queue/queuetest"
	"recibo/reconcile"
	"recibo/recorder"
	"recibo/simulator"
	"recibo/store"
	"recibo/store/storetest"
)

// TestPipelineUnderSeededFaults runs simulator, recorders and reconciliation in
// memory, on a clock of their own, with faults of queue and store drawn from a
// seed, and holds the invariants I1 to I6 against what stands in the end. A
// failing seed says itself: run it again with -run 'Faults/seed=N'.
func TestPipelineUnderSeededFaults(t *testing.T) {
	underFaults(t, 0, 150)
}

func underFaults(t *testing.T, from, to uint64) {
	for seed := from; seed < to; seed++ {
		t.Run(fmt.Sprintf("seed=%d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { newWorld(t, seed).run() })
		})
	}
}

// world is one run: a queue and a store in memory, and what goes wrong with them.
type world struct {
	t      *testing.T
	seed   uint64
	random *rand.Rand
	faults simulator.Faults
	count  int64
	broker *queuetest.Faulty
	memory *storetest.Memory
	store  *storetest.Faulty
}

func newWorld(t *testing.T, seed uint64) *world {
	faults, err := simulator.ParseFaults("duplicate=6%,conflict=4%,malformed=4%,invalid=4%,reorder=10%")
	if err != nil {
		t.Fatal(err)
	}
	w := &world{t: t, seed: seed, random: rand.New(rand.NewPCG(seed, 77)), faults: faults,
		memory: storetest.NewMemory(), broker: &queuetest.Faulty{Broker: queuetest.NewMemory()}}
	w.count = 100 + w.random.Int64N(900)
	w.store = storetest.NewFaulty(w.memory)
	if w.random.IntN(2) == 0 {
		w.broker.AfterReceive = queuetest.Shuffle(seed)
	}
	w.broker.BeforeAck = queuetest.LoseAcks(w.random.IntN(4), nil)
	return w
}

func (w *world) run() {
	ctx := w.t.Context()
	publisher, err := w.broker.Publisher(ctx)
	if err != nil {
		w.t.Fatal(err)
	}
	sim := simulator.Simulator{Publisher: publisher, Generator: w.generator(), Count: w.count, Rate: 400, Queue: "memory"}
	if _, err := sim.Run(ctx); err != nil {
		w.t.Fatal(err)
	}
	for range 1 + w.random.IntN(5) {
		w.hurt()
		w.record(time.Duration(1+w.random.IntN(4000))*time.Millisecond, w.random.IntN(2) == 0)
	}
	w.store.Up()
	w.broker.Up()
	w.record(2*time.Minute, true)
	w.check()
}

func (w *world) generator() *simulator.Generator {
	return simulator.New(simulator.Config{Seed: w.seed, Faults: w.faults})
}

// hurt arranges some faults for the recorders to come.
func (w *world) hurt() {
	switch w.random.IntN(6) {
	case 0:
		w.store.FailNext(1+w.random.IntN(15), store.ClassTransient)
	case 1:
		w.store.LoseReplies(1 + w.random.IntN(3))
	case 2:
		w.store.LoseCommits(1 + w.random.IntN(3))
	case 3:
		w.store.Down("connection refused")
		time.AfterFunc(time.Duration(w.random.IntN(6000))*time.Millisecond, w.store.Up)
	case 4:
		w.broker.Down()
		time.AfterFunc(time.Duration(w.random.IntN(6000))*time.Millisecond, w.broker.Up)
	case 5:
		w.store.RefuseAbove(1+w.random.IntN(50), store.ClassTooBig)
	}
}

// record runs one or two recorders for d. Gently stopped ones drain; the others
// are cut off with their hands full.
func (w *world) record(d time.Duration, gently bool) {
	drain := time.Nanosecond
	if gently {
		drain = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(w.t.Context(), d)
	defer cancel()
	done := make(chan struct{})
	recorders := 1 + w.random.IntN(2)
	for i := range recorders {
		r := recorder.New(w.broker, w.store, recorder.Config{ID: fmt.Sprintf("r%d-%d", w.random.Uint64(), i),
			Queue: "memory", Batch: 1 + w.random.IntN(200), DrainTimeout: drain})
		go func() {
			_, _ = r.Run(ctx) // cut off is one of the things that happen
			done <- struct{}{}
		}()
	}
	for range recorders {
		<-done
	}
}

func (w *world) check() {
	w.t.Helper()
	result, err := reconcile.Run(w.t.Context(), reconcile.Config{Reader: w.memory.Reader(), Sent: w.sent()})
	if err != nil {
		w.t.Fatal(err)
	}
	if !result.Balanced || result.Accounted != w.count || result.Recorded != result.Expected {
		w.t.Errorf("not balanced: %+v, want %d accounted for", result, w.count)
	}
	totals, err := w.memory.Reader().Totals(w.t.Context())
	if err != nil {
		w.t.Fatal(err)
	}
	if totals.Recorded != result.Recorded {
		w.t.Errorf("the tally has %d recorded, the table %d", totals.Recorded, result.Recorded)
	}
	seen := map[quarantine.Reason]int64{}
	page, err := w.memory.Reader().Entries(w.t.Context(), store.EntryQuery{})
	if err != nil {
		w.t.Fatal(err)
	}
	for _, e := range page.Items {
		seen[e.Reason] += e.Seen
	}
	for _, reason := range quarantine.Reasons {
		if totals.Quarantined[reason] != seen[reason] {
			w.t.Errorf("the tally has %d %s, the entries %d", totals.Quarantined[reason], reason, seen[reason])
		}
	}
	if depth, err := w.broker.Depth(w.t.Context()); err != nil || *depth.Ready+*depth.InFlight != 0 {
		w.t.Errorf("the queue is not empty: %d ready, %d in flight (%v)", *depth.Ready, *depth.InFlight, err)
	}
}

// sent is what the simulator sent, made again from the seed.
func (w *world) sent() iter.Seq2[ledger.Line, error] {
	return func(yield func(ledger.Line, error) bool) {
		generator := w.generator()
		for range w.count {
			m := generator.Next()
			if !yield(m.Line(), nil) {
				return
			}
		}
	}
}
