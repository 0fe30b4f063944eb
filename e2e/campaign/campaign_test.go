package campaign_test

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/e2e/campaign"
)

var (
	began = time.Date(2026, 11, 25, 4, 0, 0, 0, time.UTC)
	ended = began.Add(4 * time.Minute)
)

func run(seed uint64, o campaign.Offer) *campaign.Run {
	r := &campaign.Run{Seed: seed, Queue: o.Queue, Store: o.Store, Began: began, Ended: &ended, Sent: 100, Recorded: 90, Held: 10}
	for i, kind := range o.Kinds {
		r.Strikes = append(r.Strikes, campaign.Strike{Kind: kind, Recovery: time.Duration(i+1) * time.Second, Bound: 5 * time.Second})
	}
	return r
}

// offers are nine pairs with kinds of their queue, their store and in common.
func offers() []campaign.Offer {
	var all []campaign.Offer
	for _, q := range []string{"q1", "q2", "q3"} {
		for _, s := range []string{"s1", "s2", "s3"} {
			o := campaign.Offer{Queue: q, Store: s, Kinds: []string{"recorder: killed"}}
			for _, side := range []string{q, s} {
				for i := range 9 {
					o.Kinds = append(o.Kinds, fmt.Sprintf("%s: fault %d", side, i))
				}
			}
			all = append(all, o)
		}
	}
	return all
}

// TestPlanComesToAnEnd: the plan throws every kind often enough, in about as
// many runs as that takes, on every pair, and nothing that is skipped.
func TestPlanComesToAnEnd(t *testing.T) {
	r, err := campaign.Open(filepath.Join(t.TempDir(), "r.json"), false)
	if err != nil {
		t.Fatal(err)
	}
	const skipped = "s2: fault 3"
	r.Skipped[skipped] = "no such disk"
	for seed := uint64(0); !r.Done(offers()); seed++ {
		if seed > 60 {
			t.Fatal("it comes to no end")
		}
		next := r.Next(offers(), 12, seed)
		if len(next.Kinds) != 12 || slices.Contains(next.Kinds, skipped) {
			t.Fatalf("run %d is %+v", seed, next)
		}
		r.Add(run(seed, next))
	}
	pairs, sum := map[string]bool{}, 0
	for _, run := range r.Runs {
		pairs[run.Pair()] = true
	}
	for _, n := range r.Thrown() {
		sum += n
	}
	if len(pairs) != 9 || len(r.Thrown()) != 6*9 || sum < campaign.AllFaults || sum > 2*campaign.AllFaults {
		t.Errorf("%d faults of %d kinds on %d pairs", sum, len(r.Thrown()), len(pairs))
	}
	for kind, n := range r.Thrown() {
		if n < campaign.EachKind {
			t.Errorf("%s: %d times", kind, n)
		}
	}
}

// TestReportContinues: a leg that was stopped leaves a run that does not count,
// and the next leg finds all others; one that begins anew finds none.
func TestReportContinues(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bin", "r.json")
	first, err := campaign.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	first.Add(run(1, campaign.Offer{Queue: "q", Store: "s", Kinds: []string{"a", "b"}}))
	first.Add(run(2, campaign.Offer{Queue: "q", Store: "s", Kinds: []string{"a"}}))
	first.Add(run(3, campaign.Offer{Queue: "q", Store: "s", Kinds: []string{"a"}}))
	first.Runs[1].Ended = nil
	first.Runs[2].Failed = []string{"one is lost"}
	first.Runs[2].Lost = 1
	if err := first.Save(); err != nil {
		t.Fatal(err)
	}
	second, err := campaign.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	if got := second.Thrown(); len(second.Runs) != 3 || got["a"] != 1 || got["b"] != 1 {
		t.Errorf("%d runs, thrown %v", len(second.Runs), got)
	}
	if anew, err := campaign.Open(path, true); err != nil || len(anew.Runs) != 0 {
		t.Errorf("anew: %+v, %v", anew, err)
	}
	if err := os.WriteFile(path, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := campaign.Open(path, false); err == nil {
		t.Error("half a report was read")
	}
}

const wantTable = `2 faults of 2 kinds in 1 runs: lost 1, doubled 0, good events quarantined 0; 100 messages sent, 90 payments, 10 entries

fault  thrown  pairs  recovery, median  most   bound  late
a      1       1      1.0 s             1.0 s  5.0 s  0
b      1       1      2.0 s             2.0 s  5.0 s  0

pair  runs  faults  recorder, MiB at most  descriptors  threads
q,s   1     2       0                      0            0

not counted: seed 2, q,s: its leg was stopped after 1 faults
FAILED: seed 3, q,s: one is lost
message of 64 MB: refused
skipped: disk full: no loop device
`

func TestTable(t *testing.T) {
	r, err := campaign.Open(filepath.Join(t.TempDir(), "r.json"), false)
	if err != nil {
		t.Fatal(err)
	}
	for seed := range uint64(3) {
		r.Add(run(seed+1, campaign.Offer{Queue: "q", Store: "s", Kinds: []string{"a", "b"}[:2-min(seed, 1)]}))
	}
	r.Runs[0].Notes = map[string]string{"message of 64 MB": "refused"}
	r.Runs[1].Ended = nil
	r.Runs[2].Failed, r.Runs[2].Lost = []string{"one is lost"}, 1
	r.Skipped["disk full"] = "no loop device"
	if got := r.Table(); got != wantTable {
		t.Errorf("the table is\n%s\nwant\n%s", got, strings.TrimSpace(wantTable))
	}
}
