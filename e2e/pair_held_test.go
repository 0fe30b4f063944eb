package e2e_test

import (
	"database/sql"
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// TestKilledWhileHolding: 100 times in a row a recorder is killed -9 while it
// holds the same messages. Neither a broker that counts deliveries nor one that
// gives up after five of them makes a good event end in quarantine, or nowhere.
func TestKilledWhileHolding(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		limited bool
	}{{"queue that recibo made", false}, {"queue of the user's with a delivery limit and dead letters", true}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			killWhileHolding(t, c.limited, 100)
		})
	}
}

func killWhileHolding(t *testing.T, limited bool, kills int) {
	p := newPair(t)
	if limited {
		p.makeLimitedQueue()
	}
	var lines []string
	for i := range 50 {
		lines = append(lines, handwritten(fmt.Sprint("id-", i), "1.00"))
	}
	p.publishLines(append(lines, "rubbish"))
	db := p.open()
	lock := hold(t, db)
	for range kills {
		r := p.start("record")
		await(t, 20*time.Second, "a recorder that holds messages", func() bool { return waiters(t, db) > 0 })
		kill(r)
		// PostgreSQL does not notice while it waits for a lock.
		if _, err := db.Exec("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'recibo' AND datname = current_database()"); err != nil {
			t.Fatal(err)
		}
		await(t, 20*time.Second, "the dead recorder's connection gone", func() bool { return waiters(t, db) == 0 })
	}
	if err := lock.Rollback(); err != nil {
		t.Fatal(err)
	}
	var got struct{ Recorded, Duplicate, Delivered int64 }
	p.run(0, &got, "record", "--until-idle", "2s", "--output", "json")
	if got.Recorded != 50 || got.Delivered != 51 {
		t.Errorf("%+v, want 51 delivered and the 50 good ones recorded", got)
	}
	if n := p.value(db, "SELECT count(*) FROM quarantine WHERE NOT (reason = 'malformed' AND body = 'rubbish' AND seen = 1)"); n != 0 {
		t.Errorf("%d good events are in quarantine", n)
	}
	// What was wrong with the bad one is its reason, not that it died.
	died := p.value(db, "SELECT count(*) FROM quarantine WHERE reason = 'malformed' AND headers->>'x-first-death-reason' = 'delivery_limit'")
	if p.value(db, "SELECT count(*) FROM quarantine") != 1 || limited != (died == 1) {
		t.Errorf("the bad one is not held once, or not with the broker's headers; a delivery limit: %v", limited)
	}
	fromDead := p.value(db, "SELECT count(*) FROM payments WHERE position LIKE 'payments.dlq%'")
	if limited != (fromDead == 50) {
		t.Errorf("%d payments came from the dead letters; a delivery limit: %v", fromDead, limited)
	}
}

// makeLimitedQueue makes what a user may have: a quorum queue that gives a
// message up after five deliveries, to a queue of dead letters.
func (p *pair) makeLimitedQueue() {
	queues := "/api/queues/" + p.vhost + "/"
	p.rabbit.API(p.t, "PUT", queues+"payments.dlq", map[string]any{"durable": true, "arguments": map[string]any{"x-queue-type": "quorum"}}, nil)
	p.rabbit.API(p.t, "PUT", queues+"payments", map[string]any{"durable": true, "arguments": map[string]any{
		"x-queue-type": "quorum", "x-delivery-limit": 5, "x-dead-letter-exchange": "", "x-dead-letter-routing-key": "payments.dlq"}}, nil)
	p.setting("RECIBO_SETUP", "false")
}

// hold keeps everybody from recording until the transaction is rolled back.
func hold(t *testing.T, db *sql.DB) *sql.Tx {
	t.Helper()
	tx, err := db.Begin()
	if err == nil {
		_, err = tx.Exec("LOCK TABLE payments IN EXCLUSIVE MODE")
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = tx.Rollback() })
	return tx
}

// waiters counts recorders' transactions that wait for a lock: each has
// messages in hand.
func waiters(t *testing.T, db *sql.DB) int64 {
	t.Helper()
	var n int64
	if err := db.QueryRow(`SELECT count(*) FROM pg_stat_activity
		WHERE application_name = 'recibo' AND datname = current_database() AND wait_event_type = 'Lock'`).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestTwoRecorders: two recorders on one queue and one database, while one of
// them is killed -9 again and again: nothing is lost or doubled, and nobody
// waits for anybody in a circle.
func TestTwoRecorders(t *testing.T) {
	p := newPair(t)
	stream := []string{"--count", "40000", "--seed", "33", "--faults", threePercent}
	sender := p.start(append([]string{"simulate", "--rate", "6000/s"}, stream...)...)
	survivor := p.start("record", "--until-idle", "3s", "--batch", "200")
	db := p.open()
	for range 5 {
		victim := p.start("record", "--batch", "200")
		time.Sleep(600 * time.Millisecond)
		kill(victim)
	}
	for name, cmd := range map[string]*exec.Cmd{"simulator": sender, "survivor": survivor} {
		if err := cmd.Wait(); err != nil {
			t.Fatalf("the %s: %v", name, err)
		}
	}
	p.run(0, nil, "record", "--until-idle", "2s")
	sent := p.whatIsSent(stream)
	p.reconcile(stream, reconciled{Balanced: true, Expected: sent.Unique, Recorded: sent.Unique, Held: sent.faulty(), Accounted: sent.Sent})
	if n := p.value(db, "SELECT count(DISTINCT recorder) FROM writers"); n < 4 {
		t.Errorf("only %d recorders had committed anything: this proved little", n)
	}
	if n := p.value(db, "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()"); n > 0 {
		t.Errorf("%d deadlocks, want none", n)
	}
}

// TestForeignClients: what Debian's amqp-publish sends with Portuguese names is
// recorded, and psql shows it as people read it.
func TestForeignClients(t *testing.T) {
	p := newPair(t)
	p.run(0, nil, "migrate", "--queue", strings.TrimPrefix(p.env[0], "RECIBO_QUEUE="))
	body := `{"transaction_id":"E60701190202611231415AbCdEfGhIjK","valor":"150.75","moeda":"BRL","conta_do_pagador":"BR1800360305000010009795493C1",` +
		`"conta_do_beneficiario":"BR6060701190011700000147266C1","carimbo_data_hora":"2026-11-23T14:15:03.123-03:00","metodo":"pix","origem":"app"}`
	amqpPublish(t, p.rabbit.URL("admin", p.vhost, ""), "payments", body)
	p.run(0, nil, "record", "--until-idle", "1s")
	got := p.postgres.SQL(t, p.database, `SET timezone = 'UTC'; SELECT transaction_id, amount, currency, payer_account, payee_account, occurred_at, method, source FROM payments`)
	want := "E60701190202611231415AbCdEfGhIjK|150.75|BRL|BR1800360305000010009795493C1|BR6060701190011700000147266C1|2026-11-23 17:15:03.123+00|pix|app"
	if got != want {
		t.Errorf("psql shows\n%s\nwant\n%s", got, want)
	}
}

func amqpPublish(t *testing.T, url, queue, body string) {
	t.Helper()
	program := testserver.Program(t, "amqp-publish")
	runProgram(t, program, "--url="+url, "--routing-key="+queue, "--body="+body, "--persistent", "--content-type=application/json")
}
