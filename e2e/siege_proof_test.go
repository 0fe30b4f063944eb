package e2e_test

import (
	"bytes"
	"encoding/json"
	"os"

	"recibo/ledger"
	"recibo/payment"
	"recibo/quarantine"
)

// prove holds what is stored against what was sent: nothing lost, nothing
// doubled, no good event in quarantine, and all books in order.
func (s *siege) prove() {
	s.t.Helper()
	lines := s.sent()
	s.reconciled()
	rows := s.rowsAreInOrder()
	s.result.Recorded, s.result.Held = rows.payments, int64(len(rows.entries))
	s.result.Doubled += rows.doubled
	s.entriesAreBad(lines, rows.entries)
	s.historiesEndWell(rows.entries)
	if rows.tallied < s.result.Sent {
		s.fail("%d deliveries are tallied, %d messages were sent", rows.tallied, s.result.Sent)
	}
	if r := s.result; r.Lost+r.Doubled+r.GoodQuarantined != 0 {
		s.fail("lost %d, doubled %d, good events quarantined %d", r.Lost, r.Doubled, r.GoodQuarantined)
	}
	s.leaks()
	s.neverSaid()
}

// sent reads the ledger of all simulators.
func (s *siege) sent() []ledger.Line {
	s.t.Helper()
	f, err := os.Open(s.ledger())
	if err != nil {
		s.t.Fatal(err)
	}
	defer f.Close()
	var lines []ledger.Line
	for line, err := range ledger.Read(f) {
		if err != nil {
			s.t.Fatal(err)
		}
		lines = append(lines, line)
		if !line.InDoubt {
			s.result.Sent++
		}
	}
	s.result.Sent += int64(len(s.extra))
	return lines
}

// reconciled has recibo itself compare.
func (s *siege) reconciled() {
	s.t.Helper()
	cmd := s.command("reconcile", "--ledger", s.ledger(), "--output", "json")
	out := &bytes.Buffer{}
	cmd.Stdout = out
	err := cmd.Run()
	var r reconciled
	if json.Unmarshal(out.Bytes(), &r) != nil {
		s.t.Fatalf("reconcile: %v: %s", err, out)
	}
	s.result.Lost += r.Missing
	s.result.Doubled += r.Unexpected + r.Differing
	if err != nil || !r.Balanced {
		s.fail("reconcile: %v: %s", err, out)
	}
}

// entriesAreBad wants every faulty message held for the reason that it was made
// for, conflicts only where an id came with two contents, and nothing else held.
func (s *siege) entriesAreBad(lines []ledger.Line, held map[string]entryStanding) {
	s.t.Helper()
	want, may := map[string]bool{}, map[string]quarantine.Reason{}
	for id, reason := range s.extra {
		want[id], may[id] = true, reason
	}
	contents := map[string]map[payment.Fingerprint]bool{}
	for _, l := range lines {
		if reason, faulty := reasonOf[l.Kind]; faulty {
			id := quarantine.EntryID(reason, l.BodySHA256)
			want[id], may[id] = want[id] || !l.InDoubt, reason
			continue
		}
		if contents[l.TransactionID] == nil {
			contents[l.TransactionID] = map[payment.Fingerprint]bool{}
		}
		contents[l.TransactionID][l.Fingerprint] = true
	}
	for _, l := range lines {
		if len(contents[l.TransactionID]) > 1 {
			may[quarantine.EntryID(quarantine.Conflict, l.BodySHA256)] = quarantine.Conflict
		}
	}
	for id, wanted := range want {
		if _, stands := held[id]; wanted && !stands {
			s.fail("an entry for %s is missing: %s", may[id], id)
			s.result.Lost++
		}
	}
	for id, entry := range held {
		if reason, bad := may[id]; !bad || entry.reason != reason {
			s.fail("an entry that should not be: %s, %s", id, entry.reason)
			s.result.GoodQuarantined++
		}
	}
}

// mostHistories bounds how many entries are asked one by one.
const mostHistories = 2000

// historiesEndWell wants the last line of an entry's history to say what the
// entry says.
func (s *siege) historiesEndWell(held map[string]entryStanding) {
	s.t.Helper()
	asked := 0
	for id, entry := range held { // in no order: another part each time
		if asked++; asked > mostHistories {
			return
		}
		lines, err := s.look.Reader().History(s.t.Context(), id)
		if err != nil {
			s.t.Fatal(err)
		}
		if n := len(lines); n == 0 || lines[n-1].To != entry.state || lines[n-1].Attempt != entry.attempt {
			s.fail("the history of %s does not end where it stands, %s at attempt %d: %+v", id, entry.state, entry.attempt, lines)
		}
	}
}
