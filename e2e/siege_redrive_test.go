package e2e_test

import (
	"context"
	"encoding/json"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

// killRedrive sends what is held back through the queue, kills that on its way,
// and has another process go on with it. All is bad as it was: each entry is
// held again, in the end none is on its way.
func (s *siege) killRedrive() {
	s.t.Helper()
	before := s.lastRedrive()
	redrive := s.start("quarantine", "redrive", "--reason", "invalid,conflict", "--rate", "50/s", "--note", "campaign", "--yes")
	var run string
	s.await(20*time.Second, "a redrive to begin", func() bool { run = s.lastRedrive(); return run != before })
	time.Sleep(s.upTo(2 * time.Second))
	kill(redrive)
	cmd := s.command("quarantine", "redrive", "--resume", run, "--settle", "30s", "--output", "json")
	out, err := cmd.Output()
	var end struct{ Selected, Moved, Redriven, Resolved int64 }
	if json.Unmarshal(out, &end) != nil || end.Moved == 0 || end.Moved != end.Selected || end.Redriven != 0 || end.Resolved != 0 {
		s.fail("resuming redrive %s: %v: %s%s", run, err, out, cmd.Stderr)
	}
	if n := s.inState(quarantine.Redriven); n != 0 {
		s.fail("%d entries are still on their way", n)
	}
}

// lastRedrive is the run that began last; empty before the first.
func (s *siege) lastRedrive() string {
	page, err := store.ReadRedrives(s.look.Reader()).Redrives(s.t.Context(), store.RedriveQuery{Limit: 1})
	if err != nil || len(page.Items) == 0 {
		return ""
	}
	return page.Items[0].ID
}

// inState counts the entries in a state; -1 where the store does not answer.
func (s *siege) inState(state quarantine.State) int64 {
	ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
	defer cancel()
	totals, err := s.look.Reader().Totals(ctx)
	if err != nil {
		return -1
	}
	return totals.States[state]
}
