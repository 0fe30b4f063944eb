package e2e_test

import (
	"context"
	"fmt"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/simulator"
	"recibo/store/postgres"
)

// TestThreeRecordersOnKafka: three share the partitions. One is killed -9, one is
// added, one is frozen for longer than its session lasts and goes on. Nothing is
// lost, nothing is doubled.
func TestThreeRecordersOnKafka(t *testing.T) {
	t.Parallel()
	const seed, count = 31, 20_000
	kafka, database := testserver.Kafka(t), testserver.Postgres(t)
	p := newPlace(t)
	topic := kafka.Topic(t)
	p.look = database.URL("postgres", database.Database(t))
	p.env = []string{"RECIBO_QUEUE=" + kafka.URL("", topic, topic) + "&session_timeout=6000", "RECIBO_STORE=" + p.look}
	p.run(0, nil, "migrate", "--queue", kafka.URL("", topic, topic))
	killed, frozen := p.start("record"), p.start("record")
	_ = p.start("record")
	stream := []string{"--count", fmt.Sprint(count), "--seed", fmt.Sprint(seed), "--faults", threePercent}
	sender := p.start(append([]string{"simulate", "--rate", "1000/s"}, stream...)...)
	db := p.open()
	recorders := func() int64 { return p.value(db, "SELECT count(DISTINCT recorder) FROM writers WHERE seq > 0") }
	await(t, 30*time.Second, "all three recording", func() bool { return recorders() == 3 })

	if err := frozen.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	kill(killed)
	_ = p.start("record")
	time.Sleep(9 * time.Second) // a session, and what a rebalance takes
	if err := frozen.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	if err := sender.Wait(); err != nil {
		t.Fatal(err)
	}
	p.run(0, nil, "record", "--until-idle", "3s")
	if n := recorders(); n < 4 {
		t.Errorf("%d recorders have written, want the one that was added too", n)
	}
	faults, err := simulator.ParseFaults(threePercent)
	if err != nil {
		t.Fatal(err)
	}
	sent := p.whatIsSent(stream)
	p.reconcile(stream, reconciled{Balanced: true, Expected: sent.Unique, Recorded: sent.Unique, Held: sent.faulty(), Accounted: count})
	p.checkBooks(t, seed, count, faults)
}

// TestOutageBurnsNoReceive: while the database is away for three visibility
// timeouts, what a recorder holds is received once.
func TestOutageBurnsNoReceive(t *testing.T) {
	t.Parallel()
	const count = 300
	queue, database := testserver.ElasticMQ(t), testserver.NewPostgres(t)
	p := newPlace(t)
	url := database.URL("postgres", database.Database(t))
	p.env = append(queue.Env(), "RECIBO_QUEUE="+queue.URL(queue.Queue(t))+"&visibility_timeout=2", "RECIBO_STORE="+url)
	p.run(0, nil, "migrate")
	p.start("record")
	p.run(0, nil, "simulate", "--count", "1", "--seed", "1", "--faults", "none")
	s, err := postgres.Open(t.Context(), url, postgres.Options{ReadOnly: true})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	recorded := func() (recorded, duplicates int64) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		totals, err := s.Reader().Totals(ctx)
		if err != nil {
			return 0, 0
		}
		return totals.Recorded, totals.Duplicates
	}
	await(t, 20*time.Second, "a payment", func() bool { n, _ := recorded(); return n == 1 })
	database.Stop(t)
	p.run(0, nil, "simulate", "--count", fmt.Sprint(count), "--seed", "2", "--faults", "none")
	time.Sleep(6 * time.Second)
	database.Start(t)
	await(t, 20*time.Second, "all payments", func() bool { n, _ := recorded(); return n == count+1 })
	if _, duplicates := recorded(); duplicates != 0 {
		t.Errorf("%d deliveries came again", duplicates)
	}
}
