package kafka_test

import (
	"context"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/internal/testserver"
	"recibo/queue"
)

// await fails unless it is so within the time.
func await(t testing.TB, within time.Duration, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(within); !so(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("after %v still not: %s", within, what)
		}
	}
}

// committedAll waits until the group has committed everything, and fails if
// the broker then still tells that something waits.
func committedAll(t testing.TB, b queue.Broker, address string) {
	t.Helper()
	await(t, patience, "everything is committed", func() bool { return maps.Equal(committed(t, address), ends(t, address)) })
	d, err := b.Depth(t.Context())
	if err != nil || *d.Ready != 0 || d.OldestAge != nil {
		t.Errorf("depth: ready %v, oldest %v, error %v; want nothing", *d.Ready, d.OldestAge, err)
	}
}

// transact produces messages from a to b in one transaction.
func transact(t *testing.T, c *kgo.Client, from, to int, end kgo.TransactionEndTry) {
	t.Helper()
	if err := c.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	for _, m := range numbered(from, to) {
		c.Produce(t.Context(), &kgo.Record{Key: []byte(m.Key), Value: m.Body}, nil)
	}
	if err := c.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	if err := c.EndTransaction(t.Context(), end); err != nil {
		t.Fatal(err)
	}
}

// TestTransactions of others: what they took back does not come, and their
// markers do not keep the group from being done.
func TestTransactions(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	for _, partitions := range []string{"1", "3"} {
		t.Run(partitions+" partitions", func(t *testing.T) {
			t.Parallel()
			address := fresh(t, server, "partitions", partitions)
			b := ready(t, address)
			s := source(t, b, 100)
			c := theirs(t, address, kgo.TransactionalID(topicOf(address)))
			transact(t, c, 0, 10, kgo.TryCommit)
			transact(t, c, 100, 120, kgo.TryAbort)
			transact(t, c, 10, 15, kgo.TryCommit)
			transact(t, c, 200, 201, kgo.TryAbort)
			got := collect(t, s, 15, patience)
			seen := map[string]bool{}
			for _, d := range got {
				seen[string(d.Body)] = true
			}
			for _, m := range numbered(0, 15) {
				if !seen[string(m.Body)] {
					t.Errorf("%s did not come", m.Body)
				}
			}
			for i := len(got) - 1; i >= 0; i-- { // out of order
				ack(t, s, got[i:i+1])
			}
			committedAll(t, b, address)
			transact(t, c, 300, 310, kgo.TryAbort) // nothing but what was taken back
			committedAll(t, b, address)
			closing(t, s)
			transact(t, c, 400, 410, kgo.TryAbort) // while nobody reads
			d, err := b.Depth(t.Context())
			if err != nil || *d.Ready != 0 || d.OldestAge != nil {
				t.Errorf("depth after an aborted transaction: %+v, %v", d, err)
			}
			nothingLeft(t, b)
			committedAll(t, b, address)
		})
	}
}

// TestOpenTransaction: what is not decided yet does not come, and nobody waits
// for it.
func TestOpenTransaction(t *testing.T) {
	t.Parallel()
	address := fresh(t, testserver.Kafka(t), "partitions", "1")
	b := ready(t, address)
	publish(t, b, numbered(0, 5))
	c := theirs(t, address, kgo.TransactionalID(topicOf(address)))
	if err := c.BeginTransaction(); err != nil {
		t.Fatal(err)
	}
	if err := c.ProduceSync(t.Context(), &kgo.Record{Value: []byte(`{"open":1}`)}).FirstErr(); err != nil {
		t.Fatal(err)
	}
	publish(t, b, numbered(5, 10)) // behind it
	s := source(t, b, 100)
	ack(t, s, collect(t, s, 5, patience))
	committedAll(t, b, address)
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if ds, err := s.Receive(ctx, 10); err == nil {
		t.Fatalf("%s came before the transaction was decided", ds[0].Body)
	}
	if err := c.EndTransaction(t.Context(), kgo.TryCommit); err != nil {
		t.Fatal(err)
	}
	ack(t, s, collect(t, s, 6, patience))
	committedAll(t, b, address)
	closing(t, s)
}

// TestCompactedTopic of the user's: of the messages of one key most are gone,
// with their offsets. It is read to its end, and warned of.
func TestCompactedTopic(t *testing.T) {
	t.Parallel()
	server := testserver.NewKafka(t, testserver.Setting("log.cleaner.backoff.ms", "100"))
	address := server.URL("", "compacted", "recibo")
	a := admin(t, address)
	configs := map[string]*string{"cleanup.policy": kadm.StringPtr("compact"), "segment.ms": kadm.StringPtr("100"), "min.cleanable.dirty.ratio": kadm.StringPtr("0.001")}
	if _, err := a.CreateTopic(t.Context(), 1, 1, configs, "compacted"); err != nil {
		t.Fatal(err)
	}
	c := theirs(t, address)
	total := 0
	produce := func() {
		var records []*kgo.Record
		for i := range 10 {
			records = append(records, &kgo.Record{Key: fmt.Append(nil, "k", i%4), Value: fmt.Appendf(nil, `{"n":%d}`, total+i)})
		}
		if err := c.ProduceSync(t.Context(), records...).FirstErr(); err != nil {
			t.Fatal(err)
		}
		total += len(records)
	}
	here := func() int {
		reader := theirs(t, address, kgo.ConsumeTopics("compacted"), kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()))
		n := 0
		for last := int64(-1); last < int64(total)-1; {
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			reader.PollFetches(ctx).EachRecord(func(r *kgo.Record) { n++; last = r.Offset })
			cancel()
		}
		return n
	}
	await(t, time.Minute, "compacted", func() bool {
		produce()
		time.Sleep(300 * time.Millisecond)
		return here() < total*2/3
	})
	var log shared
	b := dialLogged(t, address, &log)
	n := here()
	s := source(t, b, 1000)
	got := collect(t, s, n, patience)
	t.Logf("%d of %d messages are there, the last %s", n, total, got[len(got)-1].Position)
	ack(t, s, got[n/2:])
	ack(t, s, got[:n/2])
	committedAll(t, b, address)
	closing(t, s)
	wantLog(t, &log, "WARN", "the topic is compacted")
	refuseLog(t, &log, "messages are lost") // for the compacted ones are not known to be
}

// TestDeletedBeforeRecorded: what retention deletes too early is told, with
// how many.
func TestDeletedBeforeRecorded(t *testing.T) {
	t.Parallel()
	address := fresh(t, testserver.Kafka(t), "partitions", "1")
	var log shared
	b := dialLogged(t, address, &log)
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, b, numbered(0, 20))
	s := source(t, b, 5)
	ack(t, s, collect(t, s, 5, patience))
	closing(t, s)
	remove := func(before int64) {
		var offsets kadm.Offsets
		offsets.Add(kadm.Offset{Topic: topicOf(address), Partition: 0, At: before})
		if _, err := admin(t, address).DeleteRecords(t.Context(), offsets); err != nil {
			t.Fatal(err)
		}
	}
	remove(5)
	refuseLog(t, &log, "messages are lost")
	remove(12)
	s = source(t, b, 100)
	got := collect(t, s, 8, patience)
	if got[0].ID != "m12" {
		t.Errorf("goes on with %s, want m12", got[0].ID)
	}
	ack(t, s, got)
	committedAll(t, b, address)
	wantLog(t, &log, "ERROR", "messages are lost", "from_offset=5 to_offset=12 at_most=7")
	refuseLog(t, &log, "from_offset=12")

	// And while the source is there, and full.
	ms := numbered(20, 12_020)
	for i := range ms {
		ms[i].Body = make([]byte, 2000)
	}
	publish(t, b, ms)
	held := collect(t, s, 100, patience)
	remove(12_010)
	seen := len(held)
	for last := ""; last != "m12019"; {
		ack(t, s, held)
		held = collect(t, s, 1, patience)
		seen += len(held)
		last = held[len(held)-1].ID
	}
	ack(t, s, held)
	committedAll(t, b, address)
	if seen >= 12_000 {
		t.Errorf("%d messages came, nothing was lost", seen)
	}
	wantLog(t, &log, "ERROR", "messages are lost", "to_offset=12010", fmt.Sprintf("at_most=%d", 12_000-seen))
	closing(t, s)
}
