package e2e_test

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"recibo/simulator"
)

const threePercent = "duplicate=0.5%,conflict=0.5%,malformed=0.7%,invalid=1.2%,too_large=0.1%,reorder=1%"

// TestRecorderKilled is the promise of the product: 100,000 events, 3 % of them
// faulty, and the recorder killed -9 ten times at random moments.
func TestRecorderKilled(t *testing.T) { killRecorder(t, 42, 100_000, 10) }

func killRecorder(t *testing.T, seed uint64, count int64, kills int) {
	p := newPlace(t)
	stream := []string{"--count", fmt.Sprint(count), "--seed", fmt.Sprint(seed), "--faults", threePercent, "--output", "json"}
	var sent simulated
	p.run(0, &sent, append([]string{"simulate"}, stream...)...)
	if sent.Sent != count || sent.InDoubt != 0 || sent.faulty() < count*2/100 {
		t.Fatalf("sent %+v, want %d of which some 2.5 %% faulty", sent, count)
	}
	for range kills {
		recorder := p.start("record")
		time.Sleep(time.Duration(150+rand.IntN(500)) * time.Millisecond)
		kill(recorder)
	}
	p.run(0, nil, "record", "--until-idle", "3s")
	var r reconciled
	p.run(0, &r, append([]string{"reconcile"}, stream...)...)
	want := reconciled{Balanced: true, Expected: sent.Unique, Recorded: sent.Unique,
		Held: sent.faulty(), Accounted: count}
	if r != want {
		t.Errorf("reconcile says %+v, want %+v", r, want)
	}
	faults, err := simulator.ParseFaults(threePercent)
	if err != nil {
		t.Fatal(err)
	}
	p.checkBooks(t, seed, count, faults)
	if n := p.value(p.open(), "SELECT count(DISTINCT recorder) FROM writers"); n < int64(kills)/2 {
		t.Errorf("only %d of the recorders that were killed had committed anything: the kills proved little", n)
	}
}

// TestHostAndClientKilled runs simulator and recorder at once on the embedded
// queue, in either order, and kills the one that hosts it and the one that
// joined. Both are started again and finish the job.
func TestHostAndClientKilled(t *testing.T) {
	for _, c := range []struct{ name, first, victim string }{
		{"recorder hosts and is killed", "record", "record"},
		{"recorder hosts, simulator is killed", "record", "simulate"},
		{"simulator hosts and is killed", "simulate", "simulate"},
		{"simulator hosts, recorder is killed", "simulate", "record"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			killOne(t, c.first, c.victim)
		})
	}
}

func killOne(t *testing.T, first, victim string) {
	const count, seed = 20_000, 7
	p := newPlace(t)
	ledger := p.dir + "/sent.ndjson"
	args := map[string][]string{
		"record": {"record"},
		"simulate": {"simulate", "--count", strconv.Itoa(count), "--rate", "4000",
			"--seed", strconv.Itoa(seed), "--ledger", ledger},
	}
	second := map[string]string{"record": "simulate", "simulate": "record"}[first]
	running := map[string]interface{ Wait() error }{}
	a := p.start(args[first]...)
	time.Sleep(400 * time.Millisecond)
	b := p.start(args[second]...)
	time.Sleep(1200 * time.Millisecond)
	if victim == first {
		kill(a)
		running[second] = b
	} else {
		kill(b)
		running[first] = a
	}
	// The survivor goes on by itself; the simulator, if it was killed, sends all
	// of its stream again, which brings duplicates.
	if simulator, ok := running["simulate"]; ok {
		if err := simulator.Wait(); err != nil {
			t.Fatalf("the simulator did not survive: %v", err)
		}
	} else {
		p.run(0, nil, "simulate", "--count", strconv.Itoa(count), "--seed", strconv.Itoa(seed))
	}
	p.run(0, nil, "record", "--until-idle", "3s")
	var r reconciled
	p.run(0, &r, "reconcile", "--seed", strconv.Itoa(seed), "--count", strconv.Itoa(count), "--output", "json")
	if !r.Balanced || r.Accounted != count {
		t.Errorf("reconcile says %+v, want balanced and %d accounted for", r, count)
	}
	p.checkBooks(t, seed, count, simulator.DefaultFaults)
}
