//go:build chaos

package e2e_test

import (
	"fmt"
	"testing"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// TestChaosRedriveEverywhere takes the systems that TestRedriveKilled leaves out
// through a mending, a redrive that is killed and resumed, a discard and a
// purge.
func TestChaosRedriveEverywhere(t *testing.T) {
	for _, c := range []struct{ queue, store string }{{"kafka", "mysql"}, {"sqs", "mongodb"}} {
		t.Run(c.queue+","+c.store, func(t *testing.T) {
			t.Parallel()
			redriveAndKill(newTrial(newPlace(t), systemNamed(t, queueSides, c.queue), systemNamed(t, storeSides, c.store)))
		})
	}
}

func redriveAndKill(r *trial) {
	const count = 600
	t := r.t
	r.holdForZone(count)
	r.publishLines([]string{`{"a":`, `{"b":`})
	r.run(0, nil, "record", "--until-idle", "2s")
	r.run(0, nil, "quarantine", "discard", "--reason", "malformed", "--yes", "--note", "a test")

	recorder := r.start("record", "--timezone", "America/Sao_Paulo")
	redrive := r.start("quarantine", "redrive", "--reason", "invalid", "--yes", "--rate", "200/s")
	var run store.Redrive
	await(t, time.Minute, "a redrive under way", func() bool {
		page, err := store.ReadRedrives(r.look.Reader()).Redrives(t.Context(), store.RedriveQuery{})
		if err != nil || len(page.Items) == 0 {
			return false
		}
		run = page.Items[0]
		return run.Moved > 0
	})
	kill(redrive)
	if run.Moved == count {
		t.Error("the redrive was through before it was killed")
	}
	var got struct {
		State                     string
		Moved, Resolved, Redriven int64
	}
	r.run(0, &got, "quarantine", "redrive", "--resume", run.ID, "--settle", "45s", "--output", "json")
	if want := fmt.Sprintf("{done %d %d 0}", count, count); fmt.Sprint(got) != want {
		t.Errorf("the redrive says %+v, want %s", got, want)
	}
	kill(recorder)
	totals, err := r.look.Reader().Totals(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s := totals.States
	if totals.Recorded != count || s[quarantine.Resolved] != count || s[quarantine.Discarded] != 2 || s[quarantine.Held]+s[quarantine.Redriven] != 0 {
		t.Errorf("%d recorded, %v; want %d resolved", totals.Recorded, s, count)
	}
	r.run(0, nil, "quarantine", "purge", "--state", "resolved,discarded", "--yes")
	page, err := r.look.Reader().Entries(t.Context(), store.EntryQuery{})
	if err != nil || len(page.Items) != 0 {
		t.Errorf("%d entries are left (%v)", len(page.Items), err)
	}
}
