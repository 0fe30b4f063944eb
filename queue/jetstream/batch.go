package jetstream

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nuid"
)

// The headers of an atomic batch, and room for them in a message.
const (
	batchID          = "Nats-Batch-Id"
	batchSequence    = "Nats-Batch-Sequence"
	batchCommit      = "Nats-Batch-Commit"
	batchHeaderBytes = 96
)

var errUnclear = errors.New("reply does not acknowledge what was sent")

// batch is what was sent and is to be answered: once for an atomic batch, else
// once for each message.
type batch struct {
	replies *replies
	ticket  *ticket
	at      []int // indexes of the messages in the call
	sent    int   // how many may have reached the stream
	atomic  bool
	lost    <-chan struct{}
}

// start sends a batch. On error b.sent says how many may be stored.
func (p *publisher) start(msgs []*nats.Msg, at []int) (*batch, error) {
	b := &batch{replies: p.replies, at: at, atomic: p.atomic && len(msgs) > 1, lost: p.b.link.untilLost()}
	if b.atomic {
		b.ticket = p.replies.expect(1)
		return b, p.sendAtomic(b, msgs)
	}
	b.ticket = p.replies.expect(len(msgs))
	for i, msg := range msgs {
		msg.Reply = b.ticket.subject(i)
		err := p.b.conn().PublishMsg(msg)
		if err == nil || mayHaveLeft(err) {
			b.sent++
		}
		if err != nil {
			return b, err
		}
	}
	return b, nil
}

func (p *publisher) sendAtomic(b *batch, msgs []*nats.Msg) error {
	id := []string{nuid.Next()}
	numbers := make([]string, len(msgs))
	for i, msg := range msgs {
		numbers[i] = strconv.Itoa(i + 1)
		msg.Header[batchID] = id
		msg.Header[batchSequence] = numbers[i : i+1 : i+1]
		if i == len(msgs)-1 {
			msg.Header[batchCommit] = []string{"1"}
			msg.Reply = b.ticket.subject(0)
		}
		err := p.b.conn().PublishMsg(msg)
		if msg.Reply != "" && (err == nil || mayHaveLeft(err)) {
			b.sent = len(msgs) // without its last message a batch is never stored
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// mayHaveLeft says whether a message may be on its way in spite of err: the
// connection may have broken while it was written.
func mayHaveLeft(err error) bool {
	for _, before := range []error{nats.ErrReconnectBufExceeded, nats.ErrConnectionClosed, nats.ErrConnectionDraining, nats.ErrMaxPayload} {
		if errors.Is(err, before) {
			return false
		}
	}
	return true
}

func (b *batch) forget() { b.replies.forget(b.ticket) }

// wait returns the messages that were refused, those without an answer, and
// the first reason.
func (b *batch) wait(ctx context.Context, closed <-chan struct{}) (refused, unknown []int, first error) {
	defer b.forget()
	pending := make(map[int]bool, b.ticket.count)
	for i := range b.ticket.count {
		pending[i] = true
	}
	for len(pending) > 0 {
		answer, err := b.next(ctx, closed)
		if err != nil {
			for i := range pending {
				unknown = append(unknown, b.of(i)...)
			}
			return refused, unknown, err
		}
		if !pending[answer.number] {
			continue
		}
		delete(pending, answer.number)
		switch err := b.judge(answer.msg); {
		case err == nil:
			continue
		case errors.Is(err, errUnclear):
			unknown = append(unknown, b.of(answer.number)...)
			first = cmp.Or(first, err)
		default:
			refused = append(refused, b.of(answer.number)...)
			first = cmp.Or(first, err)
		}
	}
	return refused, unknown, first
}

// of are the messages that the ith reply is about.
func (b *batch) of(i int) []int {
	if b.atomic {
		return b.at
	}
	return b.at[i : i+1]
}

// next waits for a reply. One that is there already counts, whatever else
// happened.
func (b *batch) next(ctx context.Context, closed <-chan struct{}) (answer, error) {
	select {
	case a := <-b.ticket.answers:
		return a, nil
	default:
	}
	select {
	case a := <-b.ticket.answers:
		return a, nil
	case <-b.lost:
		return answer{}, errLost
	case <-closed:
		return answer{}, errors.New("publisher closed before the reply")
	case <-ctx.Done():
		return answer{}, fmt.Errorf("%w: %w", errNoReply, ctx.Err())
	}
}

// pubAck is the server's answer to a publish.
type pubAck struct {
	Error *struct {
		Code        int    `json:"err_code"`
		Description string `json:"description"`
	} `json:"error"`
	Sequence uint64 `json:"seq"`
	Count    int    `json:"count"`
}

// judge returns nil if the reply says that what it is about was stored.
func (b *batch) judge(msg *nats.Msg) error {
	if msg.Header.Get(statusHeader) == statusNoResponders {
		return errNoStream
	}
	var ack pubAck
	if err := json.Unmarshal(msg.Data, &ack); err != nil {
		return fmt.Errorf("%w: %w", errUnclear, err)
	}
	if ack.Error != nil {
		return fmt.Errorf("refused: %s (%d)", ack.Error.Description, ack.Error.Code)
	}
	if ack.Sequence == 0 || (b.atomic && ack.Count != len(b.at)) {
		return fmt.Errorf("%w: %d messages at %d", errUnclear, ack.Count, ack.Sequence)
	}
	return nil
}
