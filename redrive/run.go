package redrive

import (
	"context"
	"errors"
	"slices"
	"time"

	"golang.org/x/time/rate"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
)

// mostLosses is how many losses a result names.
const mostLosses = 10

// run drives one run.
type run struct {
	Config
	store  *patientStore
	queue  *waiting
	limit  *rate.Limiter
	batch  int // entries in one transaction
	row    store.Redrive
	result Result
}

func newRun(c Config, row store.Redrive) *run {
	r := &run{Config: c, row: row, queue: newWaiting("queue", c.QueueTarget, c.Log)}
	r.store = &patientStore{c.Store, newWaiting("store", c.StoreTarget, c.Log)}
	perSecond := max(row.Rate, 1)
	r.batch = min(pageSize, max(perSecond/2, 1)) // half a second's work at most is in hand
	r.limit = rate.NewLimiter(rate.Limit(perSecond), r.batch)
	return r
}

// lost ends a transaction of which some steps came too late.
type lost struct{ indexes []int }

func (*lost) Error() string { return "entries were moved meanwhile" }

// step commits the next change of the row together with transitions: all of
// them or none. Those that somebody else was faster with are told by a *lost;
// then nothing was written.
func (r *run) step(ctx context.Context, next store.Redrive, ts []quarantine.Transition) error {
	next.Seq, next.Runner, next.SeenAt = r.row.Seq+1, r.Runner, payment.Normalize(time.Now())
	err := r.commit(ctx, next, ts)
	for err != nil && store.ClassOf(err) == store.ClassTooSlow && len(ts) <= 1 {
		// What cannot be cut up, and times out, waits for somebody's lock.
		if pause(ctx, r.store.waiting.failed(err)); ctx.Err() != nil {
			return ctx.Err()
		}
		err = r.commit(ctx, next, ts)
	}
	if errors.Is(err, store.ErrFenced) {
		return r.takenOver(ctx)
	}
	if err == nil {
		r.row = next
	}
	return err
}

func (r *run) commit(ctx context.Context, next store.Redrive, ts []quarantine.Transition) error {
	return store.Retry(ctx, r.store, func(ctx context.Context, tx store.Tx) error {
		landed, err := store.Desk(tx).Redrive(ctx, next)
		if err != nil || landed || len(ts) == 0 {
			return err
		}
		done, err := tx.Transition(ctx, ts)
		if err != nil {
			return err
		}
		var l lost
		for i, ok := range done {
			if !ok {
				l.indexes = append(l.indexes, i)
			}
		}
		if l.indexes != nil {
			return &l // a row never counts what was not moved
		}
		return nil
	})
}

func (r *run) takenOver(ctx context.Context) error {
	e := &TakenOverError{ID: r.row.ID}
	if row, err := Find(ctx, r.Store.Reader(), r.row.ID); err == nil {
		e.Runner, e.At = row.Runner, row.SeenAt
	}
	return e
}

// walk moves and sends what is selected behind the row's cursor.
func (r *run) walk(ctx context.Context, s Selection) error {
	q := s.query(r.row.Cutoff, quarantine.Held)
	q.Limit = pageSize
	from := r.row.Cursor
	for {
		page, err := ask(ctx, r.store.waiting, func(ctx context.Context) (store.Page[quarantine.Entry], error) {
			return r.Store.Reader().Entries(ctx, q)
		})
		if err != nil {
			return err
		}
		entries := slices.DeleteFunc(page.Items, func(e quarantine.Entry) bool {
			return e.ID <= from || !s.matches(&e, r.Decoding) || !r.canBeSent(&e)
		})
		for some := range slices.Chunk(entries, r.batch) {
			if err := r.await(ctx, len(some)); err != nil {
				return err
			}
			if err := r.move(ctx, some); err != nil {
				return err
			}
		}
		if q.After = page.Next; q.After == "" {
			return nil
		}
	}
}

// await waits until n more may be sent.
func (r *run) await(ctx context.Context, n int) error {
	if delay := r.limit.ReserveN(time.Now(), n).Delay(); delay > 0 {
		pause(ctx, delay)
	}
	return ctx.Err()
}

func (r *run) canBeSent(e *quarantine.Entry) bool {
	if !whole(e) {
		r.result.Truncated++
		return false
	}
	return true
}

// move has entries leave held and sends them. Where they are too many for one
// transaction they go by halves.
func (r *run) move(ctx context.Context, entries []quarantine.Entry) error {
	cursor := entries[len(entries)-1].ID
	for {
		next := r.row
		next.Cursor, next.Moved = cursor, next.Moved+int64(len(entries))
		err := r.step(ctx, next, r.leave(entries))
		switch l, late := errors.AsType[*lost](err); {
		case late:
			if entries, err = r.without(ctx, entries, l.indexes); err != nil {
				return err
			}
		case isTooMuch(err) && len(entries) > 1:
			half := len(entries) / 2
			if err := r.move(ctx, entries[:half]); err != nil {
				return err
			}
			return r.move(ctx, entries[half:])
		case err != nil:
			return err
		default:
			out := make([]outgoing, len(entries))
			for i := range entries {
				out[i] = r.outgoing(&entries[i], entries[i].Attempt+1)
			}
			return r.send(ctx, out)
		}
	}
}

func isTooMuch(err error) bool {
	class := store.ClassOf(err)
	return err != nil && (class == store.ClassTooBig || class == store.ClassTooSlow)
}

func (r *run) leave(entries []quarantine.Entry) []quarantine.Transition {
	ts := make([]quarantine.Transition, len(entries))
	for i := range entries {
		ts[i] = quarantine.Transition{EntryID: entries[i].ID, From: quarantine.Held, To: quarantine.Redriven, By: quarantine.Operator,
			Attempt: entries[i].Attempt, RedriveID: r.row.ID, Actor: r.row.Actor, Note: r.row.Note, At: payment.Normalize(time.Now())}
	}
	return ts
}

// without leaves out the entries with these indexes, which somebody else acted
// on, and notes who.
func (r *run) without(ctx context.Context, entries []quarantine.Entry, indexes []int) ([]quarantine.Entry, error) {
	for _, i := range indexes {
		r.result.Lost++
		if len(r.result.Losses) == mostLosses {
			continue
		}
		loss, err := ask(ctx, r.store.waiting, func(ctx context.Context) (Loss, error) {
			return lossOf(ctx, r.Store.Reader(), entries[i].ID)
		})
		if err != nil {
			return nil, err
		}
		r.result.Losses = append(r.result.Losses, loss)
	}
	left := make([]quarantine.Entry, 0, len(entries))
	for i := range entries {
		if !slices.Contains(indexes, i) {
			left = append(left, entries[i])
		}
	}
	return left, nil
}

// end writes how the run ended. A run that is stopped may have moved entries
// that were not sent: resuming it does that first.
func (r *run) end(ctx context.Context, err error) (Result, error) {
	next := r.row
	var taken *TakenOverError
	switch {
	case errors.As(err, &taken):
	case next.State != store.RedriveRunning: // published again, no more
	case err != nil:
		next.State = store.RedriveStopped
	default:
		next.State, next.EndedAt = store.RedriveDone, payment.Normalize(time.Now())
	}
	if next.State != r.row.State {
		ctx, cancel := draining(ctx, r.Drain)
		defer cancel()
		if stepErr := r.step(ctx, next, nil); err == nil {
			err = stepErr
		}
	}
	r.result.Redrive = r.row
	return r.result, err
}

func (r *run) progress() {
	if r.Progress != nil {
		r.Progress(Progress{ID: r.row.ID, Total: r.row.Total, Moved: r.row.Moved, Sent: r.result.Sent})
	}
}
