package kafka

import (
	"net"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// health is whether the cluster answers one client. The library tries for ever
// and without a word, so we look over its shoulder.
type health struct {
	mu   sync.Mutex
	good time.Time // of the last answer
	err  error     // the last failure since
}

func newHealth() *health { return &health{good: time.Now()} }

// OnBrokerConnect is told of each attempt, its login included.
func (h *health) OnBrokerConnect(_ kgo.BrokerMetadata, _ time.Duration, _ net.Conn, err error) {
	if err != nil {
		h.bad(err)
	}
}

// OnBrokerRead is told of each answer.
func (h *health) OnBrokerRead(_ kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	if err != nil {
		h.bad(err)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.good, h.err = time.Now(), nil
}

// OnBrokerWrite is told of each request.
func (h *health) OnBrokerWrite(_ kgo.BrokerMetadata, _ int16, _ int, _, _ time.Duration, err error) {
	if err != nil {
		h.bad(err)
	}
}

func (h *health) bad(err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.err = err
}

// outage is why the cluster has not answered for a while, where it should have:
// a source is always waiting for an answer.
func (h *health) outage(now time.Time) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	since := now.Sub(h.good)
	switch {
	case h.err != nil && since > outageAfter:
		return h.err
	case since > silentAfter:
		return errNoAnswer
	}
	return nil
}

// failing is why the last attempt failed, if nothing was answered since.
func (h *health) failing() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.err
}
