package e2e_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"recibo/e2e/campaign"
)

// TestCampaignShort throws a handful of faults at two pairs, one of them inside
// of the process and one of servers: see siege. `make chaos` throws hundreds, of
// all kinds, at all pairs.
func TestCampaignShort(t *testing.T) {
	why := noDisk(t)
	for _, o := range []campaign.Offer{
		{Queue: "embedded", Store: "sqlite", Kinds: []string{"simulator: killed", "sqlite: disk full", "recorder: killed",
			"sqlite: table renamed", "sqlite: disk read-only"}},
		{Queue: "rabbitmq", Store: "postgres", Kinds: []string{"postgres: cut after COMMIT", "rabbitmq: cut in an ack",
			"postgres: partition missing", "postgres: too many connections", "redrive: killed", "postgres: statement timeout"}},
	} {
		t.Run(o.Queue+","+o.Store, func(t *testing.T) {
			t.Parallel()
			kinds := kindsNamed(o)
			if why != "" {
				t.Logf("no disk can be mounted here, so none is filled or broken: %s", why)
				kinds = slices.DeleteFunc(kinds, func(k kind) bool { return strings.Contains(k.name, ": disk ") })
			}
			run := &campaign.Run{Seed: 1, Queue: o.Queue, Store: o.Store}
			besiege(t, run, kinds, time.Now().Add(time.Hour), func(s campaign.Strike) { t.Log(said(s)) })
			if len(run.Strikes) != len(kinds) {
				t.Errorf("%d faults struck, want %d", len(run.Strikes), len(kinds))
			}
			t.Logf("%d sent, %d recorded, %d held, the recorder had %+v", run.Sent, run.Recorded, run.Held, run.Recorder)
		})
	}
}

// said is what there is to tell of a fault.
func said(s campaign.Strike) string {
	return fmt.Sprintf("%s: lasted %.1f s, recording again after %.1f s (bound %.0f s)",
		s.Kind, s.Lasted.Seconds(), s.Recovery.Seconds(), s.Bound.Seconds())
}
