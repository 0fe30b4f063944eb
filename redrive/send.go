package redrive

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/queue"
	"recibo/store"
)

// mostBytes bounds the bodies of one publish.
const mostBytes = 1 << 20

// again publishes every entry of this run that nobody has decided about: the
// queue may never have had it, or have lost it. If it has, that is a duplicate.
func (r *run) again(ctx context.Context) error {
	q := store.EntryQuery{RedriveID: r.row.ID, States: []quarantine.State{quarantine.Redriven}, Order: store.ByID, Limit: r.batch}
	for {
		page, err := ask(ctx, r.store.waiting, func(ctx context.Context) (store.Page[quarantine.Entry], error) {
			return r.Store.Reader().Entries(ctx, q)
		})
		if err != nil {
			return err
		}
		out := make([]outgoing, len(page.Items))
		for i := range page.Items {
			out[i] = r.outgoing(&page.Items[i], page.Items[i].Attempt)
		}
		if err := r.await(ctx, len(out)); err != nil {
			return err
		}
		before := r.result.Sent
		err = r.send(ctx, out)
		r.result.Again += r.result.Sent - before
		if q.After = page.Next; err != nil || q.After == "" {
			return err
		}
	}
}

// send publishes until the queue has every message, but for what it will never
// take. Once ctx ends, what is in hand has the time of the drain, and is not
// tried again.
func (r *run) send(ctx context.Context, out []outgoing) error {
	drain, cancel := draining(ctx, r.Drain)
	defer cancel()
	parts := inParts(out)
	for len(parts) > 0 {
		part := parts[len(parts)-1]
		parts = parts[:len(parts)-1]
		err := r.Publisher.Publish(drain, messages(part))
		if errors.Is(err, queue.ErrClosed) {
			return err
		}
		answer := queue.AnswerOf(len(part), err)
		tooBig, again := picked(part, answer.TooBig), picked(part, answer.Again())
		r.result.Sent += int64(len(answer.Accepted))
		r.progress()
		switch half := len(tooBig) / 2; {
		case len(tooBig) == 1:
			if err := r.refuse(drain, &tooBig[0]); err != nil {
				return err
			}
		case len(tooBig) > 1: // together they may be too big, alone not
			parts = append(parts, tooBig[half:], tooBig[:half])
		}
		if len(again) == 0 {
			r.queue.answered()
			continue
		}
		parts = append(parts, again)
		wait := r.queue.failed(err)
		if pause(ctx, wait); ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// inParts cuts what is to be sent into publishes, the last of which comes first.
func inParts(out []outgoing) (parts [][]outgoing) {
	for size := 0; len(out) > 0; size = 0 {
		n := 0
		for n < len(out) && (n == 0 || size+len(out[n].body) <= mostBytes) {
			size += len(out[n].body)
			n++
		}
		parts, out = append(parts, out[:n]), out[n:]
	}
	slices.Reverse(parts)
	return parts
}

func messages(part []outgoing) []queue.Message {
	ms := make([]queue.Message, len(part))
	for i := range part {
		ms[i] = part[i].message()
	}
	return ms
}

// picked are the elements of part with these indexes.
func picked(part []outgoing, indexes []int) []outgoing {
	var all []outgoing
	for _, i := range indexes {
		all = append(all, part[i])
	}
	return all
}

// refuse puts an entry back that the queue does not take for its size.
func (r *run) refuse(ctx context.Context, o *outgoing) error {
	next := r.row
	next.Refused++
	err := r.step(ctx, next, []quarantine.Transition{{EntryID: o.entryID, From: quarantine.Redriven, To: quarantine.Held,
		By: quarantine.Redrive, Attempt: o.attempt, Actor: string(quarantine.Redrive), At: payment.Normalize(time.Now()),
		Note: fmt.Sprintf("%d bytes are more than the queue takes", len(o.body))}})
	if _, late := errors.AsType[*lost](err); late {
		return nil // decided already, so the queue had it after all
	}
	return err
}
