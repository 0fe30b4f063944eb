package e2e_test

import (
	"crypto/sha256"
	"database/sql"
	"testing"
	"time"

	"recibo/ledger"
	"recibo/quarantine"
	"recibo/simulator"
)

// defaultStart is where the simulator's time begins unless told otherwise.
var defaultStart = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// checkBooks holds the tables against the tally, and the quarantine against
// what the simulator meant each faulty message to be.
func (p *place) checkBooks(t *testing.T, seed uint64, count int64, faults simulator.Faults) {
	t.Helper()
	db := p.open()
	for name, query := range map[string]string{
		"ids recorded twice":                "SELECT count(*) - count(DISTINCT transaction_id) FROM payments",
		"tally of recorded minus payments":  "SELECT (SELECT sum(count) FROM tally WHERE fate = 'recorded') - (SELECT count(*) FROM payments)",
		"tally of quarantined minus seen":   "SELECT (SELECT sum(count) FROM tally WHERE fate = 'quarantined') - (SELECT sum(seen) FROM quarantine)",
		"entries by reason that disagree":   reasonsThatDisagree,
		"amounts by currency that disagree": p.amountsThatDisagree(),
		"outages left open":                 "SELECT count(*) FROM outages WHERE ended_at IS NULL",
	} {
		if n := p.value(db, query); n != 0 {
			t.Errorf("%s: %d, want 0", name, n)
		}
	}
	checkQuarantine(t, reasonsHeld(t, db), seed, count, faults)
}

const reasonsThatDisagree = `
SELECT count(*) FROM
 (SELECT reason, sum(count) AS n FROM tally WHERE fate = 'quarantined' GROUP BY reason) a
 FULL JOIN (SELECT reason, sum(seen) AS n FROM quarantine GROUP BY reason) b USING (reason)
WHERE a.n IS DISTINCT FROM b.n`

// amountsThatDisagree compares sums. SQLite's sums of text would be floats; the
// integer that is generated from each amount is exact, and the tally's text
// without its point is the same integer.
func (p *place) amountsThatDisagree() string {
	tallied, recorded := "sum(CAST(replace(amount, '.', '') AS INTEGER))", "sum(amount_minor)"
	if p.look != "" {
		tallied, recorded = "sum(amount)", "sum(amount)"
	}
	return `
SELECT count(*) FROM
 (SELECT currency, ` + tallied + ` AS n FROM tally WHERE fate = 'recorded' GROUP BY currency) a
 FULL JOIN (SELECT currency, ` + recorded + ` AS n FROM payments GROUP BY currency) b USING (currency)
WHERE a.n IS DISTINCT FROM b.n`
}

// reasonOf is what a message of a kind is held for.
var reasonOf = map[ledger.Kind]quarantine.Reason{ledger.Malformed: quarantine.Malformed,
	ledger.Invalid: quarantine.Invalid, ledger.TooLarge: quarantine.TooLarge}

// checkQuarantine wants every faulty message held once, for the reason it was
// made for, and nothing else held.
func checkQuarantine(t *testing.T, held map[string]string, seed uint64, count int64, faults simulator.Faults) {
	t.Helper()
	generator := simulator.New(simulator.Config{Seed: seed, Start: defaultStart, Faults: faults})
	var wanted, conflicts, found int64
	for range count {
		m := generator.Next()
		reason, faulty := reasonOf[m.Kind]
		switch {
		case m.Kind == ledger.Conflict:
			conflicts++
		case faulty:
			wanted++
			id := quarantine.EntryID(reason, sha256.Sum256(m.Body))
			if held[id] != string(reason) {
				t.Errorf("message %s is not held as %s", m.ID, reason)
			}
		}
	}
	for _, reason := range held {
		if reason == string(quarantine.Conflict) {
			found++
		}
	}
	if found != conflicts {
		t.Errorf("%d conflicts held, want %d", found, conflicts)
	}
	if n := int64(len(held)); n != wanted+conflicts {
		t.Errorf("%d entries, want %d: a good event may be held", n, wanted+conflicts)
	}
}

// reasonsHeld returns the reason of each entry by its id.
func reasonsHeld(t *testing.T, db *sql.DB) map[string]string {
	t.Helper()
	rows, err := db.Query("SELECT id, reason FROM quarantine")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	held := map[string]string{}
	for rows.Next() {
		var id, reason string
		if err := rows.Scan(&id, &reason); err != nil {
			t.Fatal(err)
		}
		held[id] = reason
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return held
}
