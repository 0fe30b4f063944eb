package kafka_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
	"recibo/queue"
)

const shortSession = 2 * time.Second

// group is the address of a group whose sessions are short.
func group(t testing.TB, server *testserver.KafkaServer, partitions int) string {
	t.Helper()
	return fresh(t, server, "partitions", fmt.Sprint(partitions), "session_timeout", fmt.Sprint(shortSession.Milliseconds()))
}

// TestThreeShareThePartitions: one is killed, one is added, one is frozen past
// its session and thawed, while messages flow. Nothing is lost, and what is
// committed never goes back.
func TestThreeShareThePartitions(t *testing.T) {
	t.Parallel()
	address := group(t, testserver.Kafka(t), 6)
	b := ready(t, address)
	children := []*child{spawn(t, address), spawn(t, address), spawn(t, address)}
	ctx, stop := context.WithCancel(t.Context())
	published := 0
	var wait sync.WaitGroup
	p := publisher(t, b)
	wait.Go(func() {
		for ctx.Err() == nil {
			if err := p.Publish(context.WithoutCancel(ctx), numbered(published, published+20)); err != nil {
				t.Error(err)
				return
			}
			published += 20
			time.Sleep(10 * time.Millisecond)
		}
	})
	wait.Go(func() { neverBack(ctx, t, address) })

	await(t, patience, "all three receive", func() bool {
		return !slices.ContainsFunc(children, func(c *child) bool { return len(c.has()) == 0 })
	})
	children[0].kill(t)
	children = append(children, spawn(t, address))
	await(t, patience, "the new one receives", func() bool { return len(children[3].has()) > 0 })
	children[1].signal(t, syscall.SIGSTOP)
	time.Sleep(2 * shortSession)
	before := len(children[1].has())
	children[1].signal(t, syscall.SIGCONT) // and its acks go on
	await(t, patience, "the thawed one receives again", func() bool { return len(children[1].has()) > before })
	time.Sleep(500 * time.Millisecond)
	stop()
	wait.Wait()
	closing(t, p)

	await(t, 2*patience, "everything is committed", func() bool { return maps.Equal(committed(t, address), ends(t, address)) })
	times := map[string]int{}
	for _, c := range children {
		for id, n := range c.has() {
			times[id] += n
		}
	}
	twice := 0
	for i := range published {
		n := times[fmt.Sprint("m", i)]
		if n == 0 {
			t.Errorf("m%d came to nobody", i)
		}
		if n > 1 {
			twice++
		}
	}
	t.Logf("%d published, %d came more than once", published, twice)
	if twice > published/2 {
		t.Errorf("%d of %d came more than once", twice, published)
	}
}

// neverBack watches what is committed until ctx ends.
func neverBack(ctx context.Context, t *testing.T, address string) {
	a := admin(t, address)
	highest := map[int32]int64{}
	for ctx.Err() == nil {
		offsets, err := a.FetchOffsetsForTopics(ctx, groupOf(address), topicOf(address))
		if err != nil {
			continue
		}
		for partition, o := range offsets[topicOf(address)] {
			if o.At < highest[partition] && highest[partition] > 0 {
				t.Errorf("partition %d: committed %d after %d", partition, o.At, highest[partition])
			}
			highest[partition] = max(highest[partition], o.At)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// TestHeldForLong: nobody receives or acks for longer than the session, as in
// an outage of the database. The group stays as it is, and the acks count.
func TestHeldForLong(t *testing.T) {
	t.Parallel()
	address := group(t, testserver.Kafka(t), 3)
	var log shared
	b := dialLogged(t, address, &log)
	if err := b.Setup(t.Context()); err != nil {
		t.Fatal(err)
	}
	publish(t, b, numbered(0, 5000))
	s := source(t, b, 50)
	held := collect(t, s, 50, patience)
	before := members(t, address)
	time.Sleep(2*shortSession + time.Second)
	if after := members(t, address); !slices.Equal(before, after) || len(after) != 1 {
		t.Errorf("members are %v, were %v", after, before)
	}
	ack(t, s, held)
	seen := map[string]int{}
	for _, d := range append(held, collect(t, s, 50, patience)...) {
		seen[d.ID]++
	}
	if len(seen) != 100 {
		t.Errorf("%d of 100 deliveries are of different messages", len(seen))
	}
	await(t, patience, "the acks are committed", func() bool {
		sum := int64(0)
		for _, at := range committed(t, address) {
			sum += at
		}
		return sum == 50
	})
	if n := strings.Count(log.String(), "partitions came"); n != 1 {
		t.Errorf("partitions came %d times, want once", n)
	}
	closing(t, s)
}

// TestRevokedIsSettledFirst: a partition that another member is to have is kept
// until what was handed out of it is acked, and so comes to nobody twice.
func TestRevokedIsSettledFirst(t *testing.T) {
	t.Parallel()
	address := group(t, testserver.Kafka(t), 6)
	b := ready(t, address)
	ms := numbered(0, 300)
	publish(t, b, ms)
	one := source(t, b, 100)
	held := collect(t, one, 100, patience)
	two := source(t, dial(t, address), 1000) // wants half of the partitions
	time.Sleep(time.Second)
	ack(t, one, held)
	times := map[string]int{}
	for _, d := range held {
		times[d.ID]++
	}
	await(t, patience, "all came", func() bool {
		for _, s := range []queue.Source{one, two} {
			ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
			ds, err := s.Receive(ctx, 20)
			cancel()
			if err != nil {
				continue // nothing there for this one
			}
			ack(t, s, ds)
			for _, d := range ds {
				if times[d.ID]++; times[d.ID] > 1 {
					t.Errorf("%s came twice", d.ID)
				}
			}
		}
		return len(times) == len(ms)
	})
	closing(t, two)
	closing(t, one)
	nothingLeft(t, b)
}

// TestRevokedGoesUnsettled: nobody acks, so the other member gets it after all,
// and the acks that come then go nowhere.
func TestRevokedGoesUnsettled(t *testing.T) {
	t.Parallel()
	address := group(t, testserver.Kafka(t), 6)
	b := ready(t, address)
	publish(t, b, numbered(0, 60))
	one := source(t, b, 100)
	held := collect(t, one, 60, patience)
	two := source(t, dial(t, address), 1000)
	first := collect(t, two, 1, patience)[0]
	ack(t, one, held)
	await(t, patience, "what one still has is committed", func() bool { return len(committed(t, address)) > 0 })
	time.Sleep(300 * time.Millisecond)
	partition, _, _ := strings.Cut(first.Position, "@")
	for p := range committed(t, address) {
		if strings.HasSuffix(partition, fmt.Sprintf("[%d]", p)) {
			t.Errorf("partition %d is committed by a member that no longer has it", p)
		}
	}
	closing(t, one)
	closing(t, two)
}

// TestLostIsNotCommitted: a member that could not be heard for longer than its
// session acks what others have meanwhile.
func TestLostIsNotCommitted(t *testing.T) {
	t.Parallel()
	server := testserver.Kafka(t)
	proxy := server.Proxy(t)
	address := group(t, server, 2)
	b := ready(t, address)
	publish(t, b, numbered(0, 40))
	var log shared
	deaf := source(t, dialLogged(t, at(proxy.Addr(), address), &log), 100)
	stale := collect(t, deaf, 40, patience)
	proxy.Stall(testserver.Both)
	other := source(t, b, 100)
	again := collect(t, other, 40, 2*patience)
	proxy.Restore()
	_ = deaf.Ack(t.Context(), stale) // an error means that some may come again
	time.Sleep(time.Second)
	if at := committed(t, address); len(at) > 0 {
		t.Errorf("committed %v with stale receipts", at)
	}
	ack(t, other, again[:10])
	_ = deaf.Ack(t.Context(), stale)
	closing(t, other)
	closing(t, deaf)
	rest := leftIn(t, b)
	if len(rest) != 30 {
		t.Errorf("%d messages are left, want the 30 that only a stale receipt settled", len(rest))
	}
	wantLog(t, &log, "WARN", "partitions were lost")
}

// TestDeadMemberIsNoOutage: while the group waits for a member that was killed,
// it says nothing to a new one. That is not told as an outage.
func TestDeadMemberIsNoOutage(t *testing.T) {
	t.Parallel()
	address := fresh(t, testserver.Kafka(t))
	b := ready(t, address)
	c := spawn(t, address)
	c.Kill()
	publish(t, b, numbered(0, 100))
	began := time.Now()
	s := source(t, b, 1000)
	ctx, cancel := context.WithTimeout(t.Context(), 40*time.Second)
	defer cancel()
	ds, err := s.Receive(ctx, 1000)
	if err != nil || len(ds) == 0 {
		t.Fatalf("after %v: %d deliveries, %v", time.Since(began), len(ds), err)
	}
	if took := time.Since(began); took < 7*time.Second {
		t.Errorf("they came after %v, before the dead one's session was over: this proves nothing", took)
	}
}
