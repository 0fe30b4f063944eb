package kafka

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"

	"recibo/queue"
)

const (
	defaultWant = 1000    // messages, where nobody says how many
	fetchAhead  = 4000    // messages that are fetched and not handed out, before no more are
	fetchBytes  = 8 << 20 // the same in bytes, and of one answer
)

// amount is how much there is of messages.
type amount struct{ messages, bytes int }

func (a *amount) add(messages, bytes int) {
	a.messages += messages
	a.bytes += bytes
}

// source is a member of the group. The library keeps it one by itself, however
// long nobody receives or acks.
type source struct {
	b      *Broker
	want   queue.Want
	client *kgo.Client
	health *health
	stop   context.CancelFunc
	wait   sync.WaitGroup // the goroutines that stop ends

	turn  sync.Mutex    // one at a time commits: what is committed must still be ours
	dirty chan struct{} // something waits for a commit
	room  chan struct{} // there may be room for more

	mu       sync.Mutex
	parts    map[int32]*assignment
	runs     []*run // fetched and not all handed out, oldest first
	ahead    amount // of those that were not
	held     amount // handed out and not settled
	joined   bool   // the group has taken us in
	fault    error  // to be told once
	anew     bool   // the topic is not there: look for another by its name
	outage   error  // as long as it lasts
	uncommit error  // why the last commit failed
	closed   bool
	waiting  int           // calls of Receive, and others that wait for news
	changed  chan struct{} // closed and replaced when there is news for those
}

func (b *Broker) openSource(ctx context.Context, w queue.Want) (*source, error) {
	found, err := b.look(ctx)
	if err != nil {
		return nil, err
	}
	if !found.may(kadm.OpRead) {
		return nil, denied{"read", "topic " + b.place.topic}
	}
	b.warn(ctx)
	s := &source{
		b: b, want: w, dirty: make(chan struct{}, 1), room: make(chan struct{}, 1),
		parts: map[int32]*assignment{}, changed: make(chan struct{}),
	}
	if s.want.Messages <= 0 {
		s.want.Messages = defaultWant
	}
	if s.client, s.health, _, err = b.newClient(s.options()...); err != nil {
		return nil, err
	}
	running, stop := context.WithCancel(context.Background())
	s.stop = stop
	s.wait.Go(func() { s.poll(running) })
	s.wait.Go(func() { s.commits(running) })
	s.wait.Go(func() { s.watch(running) })
	if err := s.awaitJoin(ctx); err != nil {
		_ = s.Close(context.WithoutCancel(ctx))
		return nil, err
	}
	return s, nil
}

func (s *source) options() []kgo.Opt {
	p := &s.b.place
	return []kgo.Opt{
		kgo.ConsumeTopics(p.topic),
		kgo.ConsumerGroup(p.group),
		kgo.Balancers(kgo.CooperativeStickyBalancer()),
		kgo.SessionTimeout(p.session),
		kgo.HeartbeatInterval(p.heartbeat()),
		kgo.RebalanceTimeout(rebalanceLimit),
		kgo.DisableAutoCommit(),
		kgo.BlockRebalanceOnPoll(), // until what was polled is in the books
		kgo.OnPartitionsAssigned(s.assigned),
		kgo.OnPartitionsRevoked(s.revoked),
		kgo.OnPartitionsLost(s.lost),
		kgo.AdjustFetchOffsetsFn(s.begin),
		kgo.ConsumeStartOffset(kgo.NewOffset().AtStart()), // a new group misses nothing
		kgo.ConsumeResetOffset(kgo.NewOffset().AtStart()), // nor does one whose offset is gone
		kgo.FetchIsolationLevel(kgo.ReadCommitted()),
		kgo.KeepControlRecords(), // so that they are committed, too
		kgo.FetchMaxWait(fetchWait),
		kgo.FetchMaxBytes(fetchBytes),
	}
}

// awaitJoin waits until the group has taken us in, or says why not. It may take
// long when another member is dead: then that is not waited for.
func (s *source) awaitJoin(ctx context.Context) error {
	timer := time.NewTimer(joinTimeout)
	defer timer.Stop()
	for {
		s.mu.Lock()
		joined, fault, changed := s.joined, s.fault, s.changed
		s.waiting++
		s.mu.Unlock()
		late := false
		if !joined && fault == nil {
			select {
			case <-changed:
			case <-timer.C:
				late, fault = true, s.health.outage(time.Now())
			case <-ctx.Done():
				fault = ctx.Err()
			}
		}
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
		if late && fault == nil {
			s.b.log.Info("the group has not given us partitions yet: it may wait for a member that is gone", "at_most", s.b.place.session)
		}
		if joined || fault != nil || late {
			return fault
		}
	}
}

// Receive waits for what the broker has. While it is away for longer than a
// moment, that is an error.
func (s *source) Receive(ctx context.Context, limit int) ([]queue.Delivery, error) {
	for {
		ds, changed, err := s.look(ctx, limit)
		if err != nil || len(ds) > 0 {
			return ds, err
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
		s.mu.Lock()
		s.waiting--
		s.mu.Unlock()
	}
}

// look returns what is there, or why nothing will come, or when to look again:
// its caller is then one that waits.
func (s *source) look(ctx context.Context, limit int) ([]queue.Delivery, <-chan struct{}, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return nil, nil, fmt.Errorf("source of %s: %w", s.b.place.target, queue.ErrClosed)
	}
	if err := ctx.Err(); err != nil {
		return nil, nil, err
	}
	if ds := s.take(limit); len(ds) > 0 {
		return ds, nil, nil
	}
	trouble := s.outage
	if s.fault != nil {
		trouble, s.fault = s.fault, nil
	}
	if trouble != nil {
		return nil, nil, fmt.Errorf("queue %s: receive: %w", s.b.place.target, trouble)
	}
	s.waiting++
	return nil, s.changed, nil
}

// news wakes everybody who waits.
func (s *source) news() {
	if s.waiting > 0 {
		close(s.changed)
		s.changed = make(chan struct{})
	}
}

// nudge wakes the one goroutine behind c.
func nudge(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Close commits what was settled and leaves the group at once, which gives the
// rest to others.
func (s *source) Close(ctx context.Context) error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	s.news()
	s.mu.Unlock()
	s.stop()
	s.wait.Wait()
	err := s.commit(ctx)
	patience := leaveTimeout
	if err != nil {
		patience /= 10 // nobody may be there
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	if left := s.client.LeaveGroupContext(ctx); left != nil && err == nil && s.joinedOnce() {
		err = left
	}
	s.client.CloseAllowingRebalance()
	s.b.ends.Forget(s)
	if err != nil && !errors.Is(err, context.Canceled) {
		return fmt.Errorf("queue %s: release: %w", s.b.place.target, err)
	}
	return nil
}

func (s *source) joinedOnce() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.joined
}
