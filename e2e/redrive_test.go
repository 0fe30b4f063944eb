package e2e_test

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// TestRedriveKilled sends thousands of entries back while a recorder runs, kills
// the redrive -9 three times at random moments and resumes it. The long one, of
// 50,000, is in the chaos.
func TestRedriveKilled(t *testing.T) { newPlace(t).killRedrive(5_000, 2_000) }

// TestRedriveKilledOnPair is the same on RabbitMQ and PostgreSQL.
func TestRedriveKilledOnPair(t *testing.T) { newPair(t).killRedrive(5_000, 2_000) }

// killRedrive holds events whose times have no offset. A recorder that is told
// their zone can record them.
func (p *place) killRedrive(count, rate int) {
	t := p.t
	p.holdForZone(count)
	recorder := p.start("record", "--timezone", "America/Sao_Paulo", "--log-level", "warn")

	arguments := []string{"--reason", "invalid", "--yes", "--rate", fmt.Sprintf("%d/s", rate), "--note", "the zone is known now"}
	for kills := 0; ; {
		redrive := p.start(append([]string{"quarantine", "redrive"}, arguments...)...)
		time.Sleep(time.Duration(200+rand.IntN(300)) * time.Millisecond)
		kill(redrive)
		db := p.open()
		if p.value(db, "SELECT count(*) FROM redrives") == 0 {
			continue // it had not begun
		}
		if kills++; kills == 3 {
			break
		}
		arguments = []string{"--resume", p.text(db, "SELECT id FROM redrives")}
	}
	db := p.open()
	run := p.text(db, "SELECT id FROM redrives")
	if left := p.value(db, "SELECT count(*) FROM quarantine WHERE state = 'held'"); left == 0 {
		t.Error("the redrive was through before it was killed: the kills proved little")
	}
	var r struct {
		State                                 string
		Moved, Lost, Refused, Again, Redriven int64
		Resolved                              int64
	}
	p.run(0, &r, "quarantine", "redrive", "--resume", run, "--settle", "30s", "--output", "json")
	if r.State != "done" || r.Moved != int64(count) || r.Resolved != int64(count) || r.Lost+r.Refused+r.Redriven != 0 {
		t.Errorf("the redrive says %+v, want %d moved and resolved", r, count)
	}
	kill(recorder)
	p.checkRedriven(count)
	if got := p.value(db, "SELECT moved FROM redrives"); got != int64(count) {
		t.Errorf("the row counts %d moved", got)
	}
}

// TestRedriveTwoAtOnce has two people send the same entries back at the same
// time: each entry goes once, and both are told how many went by their hand.
func TestRedriveTwoAtOnce(t *testing.T) {
	const count = 3_000
	p := newPlace(t)
	p.holdForZone(count)
	recorder := p.start("record", "--timezone", "America/Sao_Paulo", "--log-level", "warn")
	args := []string{"quarantine", "redrive", "--reason", "invalid", "--yes", "--rate", "2000/s", "--output", "json", "--actor"}
	ana, bia := p.command(append(args, "ana")...), p.command(append(args, "bia")...)
	var out [2]bytes.Buffer
	ana.Stdout, bia.Stdout = &out[0], &out[1]
	for _, cmd := range []*exec.Cmd{ana, bia} {
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { kill(cmd) })
	}
	moved := int64(0)
	for i, cmd := range []*exec.Cmd{ana, bia} {
		_ = cmd.Wait() // 1 for the one that lost some
		var r struct{ Moved, Redriven int64 }
		if err := json.Unmarshal(out[i].Bytes(), &r); err != nil {
			// Who comes when nothing is left is told that nothing matches.
			t.Logf("%v printed %q", cmd.Args, out[i].String())
		}
		moved += r.Moved
	}
	await(t, time.Minute, "nothing in redriven", func() bool {
		return p.value(p.open(), "SELECT count(*) FROM quarantine WHERE state = 'redriven'") == 0
	})
	kill(recorder)
	if moved != count {
		t.Errorf("they moved %d entries, want %d", moved, count)
	}
	p.checkRedriven(count)
}

// checkRedriven wants each of count entries moved once, decided once and
// recorded once.
func (p *place) checkRedriven(count int) {
	db := p.open()
	for query, want := range map[string]int{
		"SELECT count(*) FROM payments":                                                                                     count,
		"SELECT count(DISTINCT entry_id) FROM payments":                                                                     count,
		"SELECT count(*) FROM quarantine WHERE state = 'resolved' AND attempt = 1":                                          count,
		"SELECT count(*) FROM quarantine":                                                                                   count,
		"SELECT count(*) FROM quarantine_history WHERE from_state = 'held'":                                                 count,
		"SELECT count(*) FROM quarantine_history WHERE from_state = 'redriven'":                                             count,
		"SELECT count(*) FROM quarantine_history WHERE to_state = 'resolved'":                                               count,
		"SELECT count(*) FROM quarantine WHERE state = 'redriven'":                                                          0,
		"SELECT count(DISTINCT entry_id) FROM quarantine_history WHERE to_state = 'redriven'":                               count,
		"SELECT count(*) FROM payments p JOIN quarantine q ON q.id = p.entry_id":                                            count,
		"SELECT count(*) FROM tally WHERE fate NOT IN ('recorded', 'duplicate', 'quarantined')":                             0,
		"SELECT sum(count) FROM tally WHERE fate = 'recorded'":                                                              count,
		"SELECT count(*) FROM quarantine_history WHERE actor = 'recorder' AND to_state = 'held' AND from_state IS NOT NULL": 0,
	} {
		if got := p.value(db, query); got != int64(want) {
			p.t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
}

// holdForZone has count events held for their times without an offset.
func (p *place) holdForZone(count int) {
	p.t.Helper()
	lines := make([]string, count)
	for i := range lines {
		lines[i] = fmt.Sprintf(`{"transaction_id":"Z-%06d","amount":"1.00","payer_account":"P","payee_account":"Q","occurred_at":"2026-11-23T14:15:03"}`, i)
	}
	p.publishLines(lines)
	var r struct {
		Delivered   int64
		Quarantined map[string]int64
	}
	p.run(0, &r, "record", "--until-idle", "1s", "--output", "json", "--log-level", "warn")
	if r.Quarantined["invalid"] != int64(count) {
		p.t.Fatalf("the recorder says %+v, want %d invalid", r, count)
	}
}

// text answers a query for one text.
func (p *place) text(db *sql.DB, query string) string {
	p.t.Helper()
	var s string
	if err := db.QueryRow(query).Scan(&s); err != nil {
		p.t.Fatalf("%s: %v", query, err)
	}
	return strings.TrimSpace(s)
}
