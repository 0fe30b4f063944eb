package e2e_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"recibo/payment"
	"recibo/simulator"
	"recibo/wire"
)

// TestMatrixShort takes four pairs, which touch all eight systems, through the
// faults of both: see trial. `make matrix` runs all sixteen.
func TestMatrixShort(t *testing.T) {
	want := undisturbed(t)
	for _, c := range []struct{ queue, store string }{
		{"embedded", "mysql"}, {"rabbitmq", "mongodb"}, {"kafka", "postgres"}, {"sqs", "sqlite"},
	} {
		t.Run(c.queue+","+c.store, func(t *testing.T) {
			t.Parallel()
			runTrial(t, systemNamed(t, queueSides, c.queue), systemNamed(t, storeSides, c.store), want)
		})
	}
}

const (
	trialSeed  = 5
	trialCount = 5000
)

var (
	trialStream = []string{"--count", fmt.Sprint(trialCount), "--seed", fmt.Sprint(trialSeed), "--faults", threePercent}
	trialFaults = sync.OnceValue(func() simulator.Faults {
		faults, err := simulator.ParseFaults(threePercent)
		if err != nil {
			panic(err)
		}
		return faults
	})
)

// runTrial sends 5,000 events, 3 % of them faulty, through a pair under faults
// and wants everything accounted for, and the exported payments as they are
// where nothing happened.
func runTrial(t *testing.T, queue, store system, want []string) *trial {
	r := newTrial(newPlace(t), queue, store)
	watched := r.watchProcesses()
	r.through(trialStream)
	watched()
	sent := r.whatIsSent(trialStream)
	r.reconcile(trialStream, reconciled{Balanced: true, Expected: sent.Unique, Recorded: sent.Unique,
		Held: sent.faulty(), Accounted: trialCount})
	r.checkThroughReader(trialSeed, trialCount, trialFaults())
	got := r.exportUndisputed()
	for i := range max(len(got), len(want)) {
		if i >= len(got) || i >= len(want) || got[i] != want[i] {
			t.Errorf("the export differs from line %d on: %d lines, want %d", i+1, len(got), len(want))
			break
		}
	}
	r.neverSaid()
	return r
}

// undisturbed is the export of the trial's events from the embedded defaults,
// without any fault.
func undisturbed(t *testing.T) []string {
	p := newPlace(t)
	p.run(0, nil, append([]string{"simulate"}, trialStream...)...)
	p.run(0, nil, "record", "--until-idle", "500ms")
	return p.exportUndisputed()
}

// exportUndisputed returns the business columns of all payments but those whose
// id came with two contents: either may have been the first.
func (p *place) exportUndisputed() []string {
	p.t.Helper()
	disputed := disputedIDs(p.t)
	cmd := p.command("payments", "export", "--columns", "business", "--show-accounts", "--format", "ndjson")
	out, err := cmd.Output()
	if err != nil {
		p.t.Fatalf("export: %v", err)
	}
	p.said = append(p.said, bytes.NewBuffer(out))
	var lines []string
	for line := range strings.Lines(string(out)) {
		var row struct {
			ID string `json:"transaction_id"`
		}
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			p.t.Fatal(err)
		}
		if !disputed[row.ID] {
			lines = append(lines, line)
		}
	}
	if len(lines) < trialCount*9/10 {
		p.t.Fatalf("only %d lines", len(lines))
	}
	return lines
}

// disputedIDs are those that the trial sends with another content, or the same
// with another extra.
func disputedIDs(t *testing.T) map[string]bool {
	t.Helper()
	disputed, first := map[string]bool{}, map[string]payment.Event{}
	generator := simulator.New(simulator.Config{Seed: trialSeed, Start: defaultStart, Faults: trialFaults()})
	for range trialCount {
		event, err := wire.Decode(generator.Next().Body, wire.Options{})
		if err != nil {
			continue // it is held
		}
		if stands, again := first[event.TransactionID]; !again {
			first[event.TransactionID] = event
		} else if !reflect.DeepEqual(stands, event) {
			disputed[event.TransactionID] = true
		}
	}
	if len(disputed) == 0 {
		t.Fatal("no id came with two contents")
	}
	return disputed
}
