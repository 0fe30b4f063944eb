package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
)

const (
	statusHeader       = "Status"
	descriptionHeader  = "Description"
	statusHeartbeat    = "100"
	statusTimeout      = "408"
	statusNoResponders = "503"

	pullExpires = 30 * time.Second
)

// session is one inbox with at most one pull request open. When it is not sure
// what the server still does for it, a new session with a new inbox begins: the
// server drops the requests of an inbox that nobody listens to.
type session struct {
	source  *source
	inbox   string
	sub     *nats.Subscription
	created time.Time       // of the stream: another one has other messages under the same sequences
	lost    <-chan struct{} // closed when the connection breaks, and the pull with it

	// Guarded by the source's lock.
	request int       // number of the last pull
	left    int       // messages still to come for it
	got     int       // messages that came for it
	heard   time.Time // when the server last said anything
	tooBig  bool      // the next message alone exceeds the wanted bytes
}

// begin starts a session in place of the present one.
func (s *source) begin(created time.Time) error {
	nc := s.b.conn()
	next := &session{source: s, inbox: nc.NewInbox(), created: created, lost: s.b.link.untilLost(), heard: time.Now()}
	sub, err := nc.Subscribe(next.inbox+".*", next.take)
	if err != nil {
		return err
	}
	next.sub = sub
	if err := sub.SetPendingLimits(-1, -1); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if old := s.session; old != nil {
		_ = old.sub.Unsubscribe() // fails only when it is gone already
		if !old.created.Equal(created) {
			s.forgetHeld()
		}
	}
	s.session = next
	s.trouble.begin()
	s.pull()
	if next.left == 0 {
		s.trouble.end() // nothing is asked for, so nothing can fail to come
	}
	return nil
}

// pullRequest is what the server is asked for. Durations in nanoseconds.
type pullRequest struct {
	Batch     int           `json:"batch"`
	MaxBytes  int           `json:"max_bytes,omitempty"`
	Expires   time.Duration `json:"expires"`
	Heartbeat time.Duration `json:"idle_heartbeat"`
}

// pull asks for as much as may still be held, once the last request is
// answered and a quarter is free: many small requests would cost more.
func (s *source) pull() {
	p := s.session
	room := s.want.Messages - len(s.held)
	if s.closed || p.left > 0 || s.trouble.err != nil || room < max(1, s.want.Messages/4) {
		return
	}
	request := pullRequest{Batch: room, Expires: pullExpires, Heartbeat: pulse}
	if s.want.Bytes > 0 {
		request.MaxBytes = s.want.Bytes - s.bytes
		switch {
		case len(s.held) == 0 && p.tooBig:
			request.Batch, request.MaxBytes = 1, 0
		case request.MaxBytes < max(1, s.want.Bytes/4) || p.tooBig:
			return
		}
	}
	p.request++
	p.left, p.got, p.tooBig, p.heard = request.Batch, 0, false, time.Now()
	body, err := json.Marshal(request)
	if err == nil {
		subject := "$JS.API.CONSUMER.MSG.NEXT." + s.b.name + "." + durable
		err = s.b.conn().PublishRequest(subject, p.inbox+"."+strconv.Itoa(p.request), body)
	}
	if err != nil {
		s.trouble.raise(err)
	}
}

// take gets everything that the server sends to the session.
func (p *session) take(msg *nats.Msg) {
	s := p.source
	if len(msg.Data) == 0 && msg.Header.Get(statusHeader) != "" && strings.HasPrefix(msg.Subject, p.inbox) {
		s.mu.Lock()
		defer s.mu.Unlock()
		p.status(msg)
		return
	}
	meta, err := msg.Metadata()
	if err != nil {
		return // no JetStream message
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold(msg, meta)
	p.heard = time.Now()
	p.got++
	p.left--
	if p == s.session {
		s.trouble.end()
		s.pull()
	}
}

// status hears how a pull goes, when it is the last one.
func (p *session) status(msg *nats.Msg) {
	s := p.source
	if p != s.session || msg.Subject != p.inbox+"."+strconv.Itoa(p.request) {
		return
	}
	p.heard = time.Now()
	code, text := msg.Header.Get(statusHeader), msg.Header.Get(descriptionHeader)
	switch {
	case code == statusHeartbeat:
		s.trouble.end()
	case code == statusTimeout, strings.Contains(text, "Batch Completed"):
		p.left = 0
		s.trouble.end()
		s.pull()
	case strings.Contains(text, "Exceeds MaxBytes"):
		p.left, p.tooBig = 0, p.got == 0
		s.pull()
	case code == statusNoResponders:
		p.left = 0
		s.trouble.raise(errors.New("consumer or stream not found"))
	default:
		p.left = 0
		s.trouble.raise(fmt.Errorf("pull refused: %s %s", code, text))
	}
}

// drain ends the session without losing what the server has sent already.
func (p *session) drain(ctx context.Context) error {
	lost := p.source.b.link.untilLost()
	if err := p.source.b.link.down(); err != nil {
		return err
	}
	over := make(chan struct{})
	p.sub.SetClosedHandler(func(string) { close(over) })
	if err := p.sub.Drain(); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, flushTimeout)
	defer cancel()
	select {
	case <-over:
		return nil
	case <-lost:
		return errLost
	case <-ctx.Done():
		return ctx.Err()
	}
}
