package e2e_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/recorder"
)

// TestLostReplyOnPostgres: the proxy cuts the connection after the server has
// committed and before its answer has passed, and before the COMMIT has passed,
// again and again. Nothing is lost, nothing is counted twice, and no conflict is
// found that is not there.
func TestLostReplyOnPostgres(t *testing.T) {
	p := newPair(t)
	var lines []string
	for i := range 6000 {
		lines = append(lines, handwritten(fmt.Sprint("id-", i), "1.00"))
		if i%10 == 0 { // a true conflict
			lines = append(lines, handwritten(fmt.Sprint("id-", i), "2.00"))
		}
	}
	p.publishLines(lines)
	r := p.start("record", "--batch", "100", "--until-idle", "2s")
	for i := range 12 {
		when := []testserver.When{testserver.AfterReply, testserver.Before}[i%2]
		select {
		case <-p.store.CutWhen(testserver.Trigger{Direction: testserver.ToServer, Pattern: []byte("commit"), Skip: 2, When: when, Reply: []byte("COMMIT")}):
		case <-time.After(20 * time.Second):
			t.Fatalf("cut %d did not strike", i)
		}
	}
	if err := r.Wait(); err != nil {
		t.Fatalf("the recorder: %v", err)
	}
	db := p.open()
	for query, want := range map[string]int64{
		"SELECT count(*) FROM payments":                                   6000,
		"SELECT count(*) FROM quarantine WHERE reason = 'conflict'":       600,
		"SELECT count(*) FROM quarantine":                                 600,
		"SELECT sum(seen)::bigint FROM quarantine":                        600,
		"SELECT sum(count)::bigint FROM tally WHERE fate = 'recorded'":    6000,
		"SELECT sum(count)::bigint FROM tally WHERE fate = 'duplicate'":   0,
		"SELECT sum(count)::bigint FROM tally WHERE fate = 'quarantined'": 600,
		"SELECT count(*) FROM outages WHERE ended_at IS NULL":             0,
		p.amountsThatDisagree():                                           0,
	} {
		if got := p.value(db, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// publishLines publishes one message a line.
func (p *place) publishLines(lines []string) {
	p.t.Helper()
	file := filepath.Join(p.dir, "events.ndjson")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		p.t.Fatal(err)
	}
	p.run(0, nil, "publish", file)
}

// TestTightenedConstraint: a batch of 1,000 with 10 bad events, 3 of which are
// valid but break a rule that the database was given meanwhile. 990 are
// recorded in the same pass, 10 are held, nothing is redelivered.
func TestTightenedConstraint(t *testing.T) {
	t.Run("SQLite", func(t *testing.T) {
		p := newPlace(t)
		p.run(0, nil, "migrate")
		tighten(t, p, `CREATE TRIGGER tightened BEFORE INSERT ON payments WHEN NEW.amount_minor > 100000
			BEGIN SELECT RAISE(ABORT, 'no more than 1000.00'); END`, "no more than 1000.00")
	})
	t.Run("PostgreSQL", func(t *testing.T) {
		p := newPair(t)
		tighten(t, p.place, `ALTER TABLE payments ADD CONSTRAINT no_more_than_1000 CHECK (amount <= 1000)`, "no_more_than_1000")
	})
}

func tighten(t *testing.T, p *place, rule, words string) {
	t.Helper()
	db := p.open()
	if _, err := db.Exec(rule); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for i := range 1000 {
		switch {
		case i%300 == 299: // 3
			lines = append(lines, handwritten(fmt.Sprintf("refused-%d", i), "1000.01"))
		case i%140 == 139: // 7
			lines = append(lines, handwritten(fmt.Sprintf("invalid-%d", i), "1,50"))
		default:
			lines = append(lines, handwritten(fmt.Sprintf("good-%d", i), "1000.00"))
		}
	}
	p.publishLines(lines)
	var got recorder.Result
	p.run(0, &got, "record", "--until-idle", "2s", "--output", "json")
	if got.Delivered != 1000 || got.Recorded != 990 || got.Quarantined["rejected"] != 3 ||
		got.Quarantined["invalid"] != 7 || got.Outages != 0 {
		t.Errorf("%+v, want 1000 delivered once: 990 recorded, 3 rejected, 7 invalid, no outage", got)
	}
	if n := p.value(db, "SELECT count(*) FROM quarantine WHERE seen = 1"); n != 10 {
		t.Errorf("%d entries were seen once, want 10", n)
	}
	if n := p.value(db, "SELECT count(*) FROM quarantine WHERE reason = 'rejected' AND detail LIKE '%"+words+"%'"); n != 3 {
		t.Errorf("%d entries carry the words of the database, want 3", n)
	}
}
