package simulator

import (
	"context"
	"errors"

	"recibo/queue"
)

// sending is one batch on its way. Parts are the indexes still to be sent, by
// publish; there is more than one only after a part was too big.
type sending struct {
	batch
	control bool // control totals, which are counted apart
	parts   [][]int
	doubt   []bool // had no answer once, and is not known to be sent
	sent    int
}

func newSending(b batch) *sending {
	return &sending{batch: b, parts: [][]int{indexes(len(b.messages))}, doubt: make([]bool, len(b.messages))}
}

// send publishes the batch until the broker has all of it, but for what can
// never be sent, or ctx ends.
func (r *run) send(ctx context.Context, b batch) error {
	if r.Ledger != nil {
		if err := r.Ledger.Append(b.lines); err != nil {
			return err
		}
	}
	s := newSending(b)
	defer r.giveUp(s)
	return r.publish(ctx, s)
}

// publish is send for what is in the ledger, or does not belong there.
func (r *run) publish(ctx context.Context, s *sending) error {
	for len(s.parts) > 0 && ctx.Err() == nil {
		part := s.parts[len(s.parts)-1]
		s.parts = s.parts[:len(s.parts)-1]
		err := r.Publisher.Publish(ctx, s.pick(part))
		accepted, failed := r.settle(s, part, err)
		if err := r.accept(s, accepted); err != nil {
			return err
		}
		switch {
		case errors.Is(err, queue.ErrClosed):
			return err
		case failed:
			r.queue.wait(ctx, len(accepted) == 0, err)
		default:
			r.queue.over()
		}
	}
	return nil
}

func indexes(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func (s *sending) pick(part []int) []queue.Message {
	if len(part) == len(s.messages) {
		return s.messages
	}
	ms := make([]queue.Message, len(part))
	for i, n := range part {
		ms[i] = s.messages[n]
	}
	return ms
}

// settle sorts the part by what the error of its publish says. What has to be
// sent again goes back to the parts; failed is true when that is better done
// later.
func (r *run) settle(s *sending, part []int, err error) (accepted []int, failed bool) {
	if err == nil {
		return part, false
	}
	answer := queue.AnswerOf(len(part), err)
	for _, i := range answer.Unknown {
		s.doubt[part[i]] = true
	}
	again := picked(part, answer.Again())
	if len(again) > 0 {
		s.parts = append(s.parts, again)
	}
	r.tooBig(s, picked(part, answer.TooBig))
	return picked(part, answer.Accepted), len(again) > 0
}

// picked are the elements of part with these indexes.
func picked(part, indexes []int) []int {
	var all []int
	for _, i := range indexes {
		all = append(all, part[i])
	}
	return all
}

// tooBig halves what was refused for its size, since together messages may be
// too big that alone are not. One alone is given up.
func (r *run) tooBig(s *sending, refused []int) {
	switch half := len(refused) / 2; len(refused) {
	case 0:
	case 1:
		m := &s.messages[refused[0]]
		s.doubt[refused[0]] = false // the broker cannot have it
		r.result.Refused++
		r.log.Warn("message is too big for the queue, not sent",
			"queue", r.Queue, "message", m.ID, "bytes", len(m.Body))
	default:
		s.parts = append(s.parts, refused[half:], refused[:half])
	}
}

// accept counts what the broker durably has, and notes it in the ledger.
func (r *run) accept(s *sending, accepted []int) error {
	s.sent += len(accepted)
	if s.control {
		r.result.ControlTotals += int64(len(accepted))
		return nil
	}
	for _, n := range accepted {
		s.doubt[n] = false
		r.result.count(s.kinds[n])
		if s.payments != nil && s.payments[n] != nil {
			r.windows.add(s.payments[n])
		}
	}
	r.progress()
	if r.Ledger == nil {
		return nil
	}
	return r.Ledger.Sent(accepted)
}

// giveUp counts what stays without an answer.
func (r *run) giveUp(s *sending) {
	for n, doubt := range s.doubt {
		if !doubt {
			continue
		}
		r.result.InDoubt++
		if s.payments != nil && s.payments[n] != nil {
			r.windows.mayHave(s.payments[n])
		}
	}
}
