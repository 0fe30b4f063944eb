package jetstream

import (
	"strconv"
	"strings"
	"sync"

	"github.com/nats-io/nats.go"
)

// replies gives the answers that come to one inbox to those who wait for them.
type replies struct {
	inbox string
	sub   *nats.Subscription

	mu      sync.Mutex
	last    int
	waiting map[int]*ticket
}

// ticket waits for count answers, numbered from 0.
type ticket struct {
	inbox   string
	id      int
	count   int
	answers chan answer
}

type answer struct {
	number int
	msg    *nats.Msg
}

func listen(nc *nats.Conn) (*replies, error) {
	r := &replies{inbox: nc.NewInbox(), waiting: map[int]*ticket{}}
	sub, err := nc.Subscribe(r.inbox+".*.*", r.take)
	if err != nil {
		return nil, err
	}
	r.sub = sub
	return r, sub.SetPendingLimits(-1, -1)
}

func (r *replies) expect(count int) *ticket {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.last++
	t := &ticket{inbox: r.inbox, id: r.last, count: count, answers: make(chan answer, count)}
	r.waiting[t.id] = t
	return t
}

func (t *ticket) subject(number int) string {
	return t.inbox + "." + strconv.Itoa(t.id) + "." + strconv.Itoa(number)
}

func (r *replies) forget(t *ticket) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.waiting, t.id)
}

func (r *replies) take(msg *nats.Msg) {
	id, number, ok := strings.Cut(strings.TrimPrefix(msg.Subject, r.inbox+"."), ".")
	n, err := strconv.Atoi(number)
	i, err2 := strconv.Atoi(id)
	if !ok || err != nil || err2 != nil {
		return
	}
	r.mu.Lock()
	t := r.waiting[i]
	r.mu.Unlock()
	if t == nil {
		return // nobody waits any more
	}
	select {
	case t.answers <- answer{n, msg}:
	default: // more answers than messages
	}
}

func (r *replies) close() { _ = r.sub.Unsubscribe() } // fails only when the connection is closed
