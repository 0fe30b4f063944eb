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
	s.await(20*time.Second, "something to redrive", func() bool { h := s.totals().HeldBy; return h[quarantine.Invalid]+h[quarantine.Conflict] > 3 })
	redrive := s.start("quarantine", "redrive", "--reason", "invalid,conflict", "--rate", "50/s", "--note", "campaign", "--yes")
	var run string
	s.await(20*time.Second, "a redrive to begin", func() bool { run = s.lastRedrive(); return run != before })
	time.Sleep(s.upTo(2 * time.Second))
	kill(redrive)
	cmd := s.command("quarantine", "redrive", "--resume", run, "--settle", "30s", "--output", "json")
	out, err := cmd.Output()
	var end struct{ Selected, Moved, Redriven, Resolved int64 }
	// More may be moved than were selected: what had come, and was not committed.
	if json.Unmarshal(out, &end) != nil || end.Moved < max(end.Selected, 1) || end.Redriven != 0 || end.Resolved != 0 {
		s.fail("resuming redrive %s: %v: %s%s", run, err, out, cmd.Stderr)
	}
	if n := s.totals().States[quarantine.Redriven]; n != 0 {
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

// totals are those of the store as soon as it answers.
func (s *siege) totals() (totals store.Totals) {
	s.t.Helper()
	s.await(time.Minute, "the totals", func() bool {
		ctx, cancel := context.WithTimeout(s.t.Context(), 10*time.Second)
		defer cancel()
		var err error
		totals, err = s.look.Reader().Totals(ctx)
		return err == nil
	})
	return totals
}
