package e2e_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"recibo/quarantine"
	"recibo/store"
)

const (
	floodCount = 100_000
	giantBytes = 64 << 20
)

// flood sends 100,000 messages that are no events, all the same or each
// another, and waits until they are held: as one entry, or as many.
func (s *siege) flood(equal bool) {
	s.t.Helper()
	lines := &bytes.Buffer{}
	for i := range floodCount {
		if equal {
			i = 0
		}
		line := fmt.Sprintf("poison %d of run %d", i, s.result.Seed)
		s.extra[quarantine.EntryID(quarantine.Malformed, sha256.Sum256([]byte(line)))] = quarantine.Malformed
		fmt.Fprintln(lines, line)
	}
	before := s.quarantined()
	var sent struct{ Sent int64 }
	s.run(0, &sent, "publish", s.prepared("poison", lines.Bytes()), "--output", "json")
	if sent.Sent != floodCount {
		s.fail("%d of %d poison messages were sent", sent.Sent, floodCount)
	}
	s.await(5*time.Minute, "the flood to be held", func() bool { return s.quarantined() >= before+floodCount })
}

// quarantined counts the deliveries of malformed messages.
func (s *siege) quarantined() int64 { return s.totals().Quarantined[quarantine.Malformed] }

// giant publishes one message of 64 MB. What takes it has it held as too large,
// its beginning kept; the others refuse it, which is said.
func (s *siege) giant() {
	s.t.Helper()
	body := fmt.Appendf(nil, `{"transaction_id":"giant-%d","source":"%s"}`, s.result.Seed, bytes.Repeat([]byte("x"), giantBytes))
	cmd := s.command("publish", "--whole", s.prepared("giant", body), "--output", "json")
	out, err := cmd.Output()
	var sent struct{ Sent, Refused int64 }
	if json.Unmarshal(out, &sent) != nil || sent.Sent+sent.Refused != 1 {
		s.fail("publishing a message of 64 MB: %v: %s%s", err, out, cmd.Stderr)
		return
	}
	what := "refused by recibo publish, the queue takes none of that size"
	if sent.Sent == 1 {
		what = "taken, and held as too_large with its first 64 KiB"
		id := quarantine.EntryID(quarantine.TooLarge, sha256.Sum256(body))
		s.extra[id], s.giantTaken = quarantine.TooLarge, true
		s.await(time.Minute, "the message of 64 MB to be held", func() bool { return s.holds(id, int64(len(body))) })
	}
	s.note("one message of 64 MB on "+s.result.Queue, what)
}

// holds tells whether an entry stands, cut off, for a body of so many bytes.
func (s *siege) holds(id string, size int64) bool {
	page, err := s.look.Reader().Entries(s.t.Context(), store.EntryQuery{IDs: []string{id}})
	return err == nil && len(page.Items) == 1 && page.Items[0].Truncated && page.Items[0].BodySize == size
}

func (s *siege) note(what, is string) {
	if s.result.Notes == nil {
		s.result.Notes = map[string]string{}
	}
	s.result.Notes[what] = is
}
