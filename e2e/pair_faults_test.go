package e2e_test

import (
	"database/sql"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/simulator"
)

// recoverWithin is how soon after a server answers again a payment must be
// recorded.
const recoverWithin = 5 * time.Second

// TestPairUnderFaults is the promise of the product on servers that we do not
// control: see faultsOnPair.
func TestPairUnderFaults(t *testing.T) {
	t.Parallel() // it mostly waits
	faultsOnPair(t, ordeal{seed: 21, count: 30_000, rate: 900, kills: 4, stopped: 2 * time.Second, frozen: 3 * time.Second})
}

// ordeal is what a run of the pair goes through.
type ordeal struct {
	seed    uint64
	count   int64
	rate    int // messages a second
	kills   int // of the recorder, -9
	stopped time.Duration
	frozen  time.Duration
}

// faultsOnPair sends events, 3 % of them faulty, while one fault after the other
// strikes recorder, database, queue and their connections. Each time payments
// must be recorded again within seconds of the server's answering; in the end
// everything must be accounted for.
func faultsOnPair(t *testing.T, o ordeal) {
	p := newPairToHurt(t)
	stream := []string{"--count", fmt.Sprint(o.count), "--seed", fmt.Sprint(o.seed), "--faults", threePercent}
	sender := p.start(append([]string{"simulate", "--rate", fmt.Sprintf("%d/s", o.rate)}, stream...)...)
	r := &ordained{pair: p, db: p.open(), recorder: p.start("record")}
	r.recovers("the start")
	for name, strike := range r.faults(o) {
		strike()
		r.recovers(name)
	}
	if err := sender.Wait(); err != nil {
		t.Fatalf("the simulator did not get over the faults: %v", err)
	}
	kill(r.recorder)
	p.run(0, nil, "record", "--until-idle", "2s")
	faults, err := simulator.ParseFaults(threePercent)
	if err != nil {
		t.Fatal(err)
	}
	sent := p.whatIsSent(stream)
	p.reconcile(stream, reconciled{Balanced: true, Expected: sent.Unique, Recorded: sent.Unique, Held: sent.faulty(), Accounted: o.count})
	p.checkBooks(t, o.seed, o.count, faults)
}

// ordained is a run that goes through an ordeal.
type ordained struct {
	*pair
	db       *sql.DB
	recorder *exec.Cmd
}

// recovers wants payments to be recorded again soon.
func (r *ordained) recovers(after string) {
	r.t.Helper()
	before := r.recorded(r.db)
	took := await(r.t, recoverWithin, "recording again after "+after, func() bool { return r.recorded(r.db) > before })
	r.t.Logf("%s: recording again after %v", after, took.Round(10*time.Millisecond))
}

// faults yields what strikes, one after the other. Each ends with the servers
// answering.
func (r *ordained) faults(o ordeal) func(yield func(string, func()) bool) {
	var killed []namedFault
	for i := range o.kills {
		killed = append(killed, namedFault{fmt.Sprintf("recorder killed, %d", i+1), r.killRecorder})
	}
	half := len(killed) / 2
	all := append(killed[:half:half],
		namedFault{"PostgreSQL stopped", func() { r.postgres.Stop(r.t); time.Sleep(o.stopped); r.postgres.Start(r.t) }},
		namedFault{"PostgreSQL killed", func() { r.postgres.Kill(r.t); r.postgres.Start(r.t) }},
		namedFault{"PostgreSQL frozen", func() { r.postgres.Freeze(r.t); time.Sleep(o.frozen); r.postgres.Thaw(r.t) }},
		namedFault{"RabbitMQ restarted", func() { r.rabbit.Restart(r.t) }},
		namedFault{"RabbitMQ killed", func() { r.rabbit.Kill(r.t); r.rabbit.Start(r.t) }},
		namedFault{"RabbitMQ frozen", func() { r.rabbit.Freeze(r.t); time.Sleep(o.frozen); r.rabbit.Thaw(r.t) }},
		namedFault{"store cut half-way", func() { cutHalfWay(r.t, r.store, 30_000) }},
		namedFault{"queue cut half-way", func() { cutHalfWay(r.t, r.queue, 30_000) }},
		namedFault{"store half open", func() { r.store.Stall(testserver.ToClient); time.Sleep(o.stopped); r.store.Restore() }},
		namedFault{"queue half open", func() { r.queue.Stall(testserver.ToClient); time.Sleep(o.stopped); r.queue.Restore() }},
	)
	all = append(all, killed[half:]...)
	return func(yield func(string, func()) bool) {
		for _, f := range all {
			if !yield(f.name, f.strike) {
				return
			}
		}
	}
}

type namedFault struct {
	name   string
	strike func()
}

func (r *ordained) killRecorder() {
	time.Sleep(time.Duration(200+rand.IntN(600)) * time.Millisecond)
	kill(r.recorder)
	r.recorder = r.start("record")
}

// cutHalfWay resets a connection in the middle of what the server says and one
// in the middle of what it is told, after so many bytes.
func cutHalfWay(t *testing.T, proxy *testserver.Proxy, bytes int64) {
	t.Helper()
	for _, d := range []testserver.Direction{testserver.ToClient, testserver.ToServer} {
		select {
		case <-proxy.CutWhen(testserver.Trigger{Direction: d, Bytes: bytes}):
		case <-time.After(20 * time.Second):
			t.Fatal("too little passed to be cut half-way")
		}
	}
}
