package redrive

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/queue"
	"recibo/store"
	"recibo/wire"
)

// DefaultRate is how many entries a second are sent unless it is said.
const DefaultRate = 500

// Config is what drives a run.
type Config struct {
	Store       store.Store
	Publisher   queue.Publisher
	QueueTarget string // the addresses, for the log
	StoreTarget string
	Runner      string       // this process
	Decoding    wire.Options // as the recorder's
	Drain       time.Duration
	Log         *slog.Logger
	Progress    func(Progress) // may be nil; called by one goroutine
}

// Plan is what a new run is to do.
type Plan struct {
	Selection Selection
	Cutoff    time.Time // entries first seen from then on are untouched
	Actor     string
	Note      string
	Rate      int   // entries a second; 0: DefaultRate
	Total     int64 // entries selected, as they were counted
}

// Progress is how far a run is.
type Progress struct {
	ID    string
	Total int64
	Moved int64 // entries of the run that are on their way or decided
	Sent  int64 // messages that the queue took from this process
}

// Result is how a run ended, or how far it came.
type Result struct {
	store.Redrive
	Sent      int64  // messages that the queue took from this process
	Again     int64  // of them, those of entries that had been moved before
	Lost      int64  // entries on which somebody else acted first
	Losses    []Loss // the first few of them
	Truncated int64  // entries whose body is not whole: not sent
}

// Begin makes a run and drives it until it is done, until ctx ends, which stops
// it in good order, or until an error that waiting cannot mend. Its result is
// of use in any case; without an ID nothing was begun.
func Begin(ctx context.Context, c Config, p Plan) (Result, error) {
	s, err := p.Selection.check()
	if err != nil {
		return Result{}, err
	}
	if p.Rate <= 0 {
		p.Rate = DefaultRate
	}
	now := payment.Normalize(time.Now())
	r := newRun(c, store.Redrive{ID: newID(now), Filter: s.Filter(), Cutoff: payment.Normalize(p.Cutoff),
		Actor: quarantine.Text(p.Actor, maxActor), Note: quarantine.Text(p.Note, maxNote), Rate: p.Rate, Total: p.Total, State: store.RedriveRunning, BeganAt: now})
	if err := r.step(ctx, r.row, nil); err != nil {
		return Result{}, err
	}
	r.progress() // from here on it can be resumed by its id
	return r.end(ctx, r.walk(ctx, s))
}

// Resume takes a run over, publishes again what still stands in redriven, since
// nobody knows whether the queue has it, and goes on where the run was. One that
// is done or cancelled is only published again. Errors are those of Begin, and
// ErrNoSuch.
func Resume(ctx context.Context, c Config, id string) (Result, error) {
	r, err := takeOver(ctx, c, id)
	if err != nil {
		return Result{}, err
	}
	next := r.row
	goesOn := next.State == store.RedriveRunning || next.State == store.RedriveStopped
	if goesOn {
		next.State = store.RedriveRunning
	}
	if err := r.step(ctx, next, nil); err != nil {
		return Result{}, err
	}
	r.progress()
	s, err := ParseFilter(r.row.Filter)
	if err == nil {
		err = r.again(ctx)
	}
	if err == nil && goesOn {
		err = r.walk(ctx, s)
	}
	return r.end(ctx, err)
}

// Cancel ends a run: whoever drives it is stopped, nothing more is moved, and
// what still stands in redriven is published again, so that a recorder decides
// about it. Errors are those of Resume, and ErrIsDone.
func Cancel(ctx context.Context, c Config, id string) (Result, error) {
	r, err := takeOver(ctx, c, id)
	if err != nil {
		return Result{}, err
	}
	if r.row.State == store.RedriveDone {
		return r.result, fmt.Errorf("redrive %s: %w", id, ErrIsDone)
	}
	if r.row.State != store.RedriveCancelled {
		next := r.row
		next.State, next.EndedAt = store.RedriveCancelled, payment.Normalize(time.Now())
		if err := r.step(ctx, next, nil); err != nil {
			return Result{}, err
		}
	}
	return r.end(ctx, r.again(ctx))
}

// Find returns the row of a run, or ErrNoSuch.
func Find(ctx context.Context, r store.Reader, id string) (store.Redrive, error) {
	page, err := store.ReadRedrives(r).Redrives(ctx, store.RedriveQuery{ID: id})
	if err == nil && len(page.Items) == 0 {
		err = fmt.Errorf("redrive %s: %w", id, ErrNoSuch)
	}
	if err != nil {
		return store.Redrive{}, err
	}
	return page.Items[0], nil
}

func takeOver(ctx context.Context, c Config, id string) (*run, error) {
	r := newRun(c, store.Redrive{ID: id})
	row, err := ask(ctx, r.store.waiting, func(ctx context.Context) (store.Redrive, error) {
		return Find(ctx, c.Store.Reader(), id)
	})
	if err != nil {
		return nil, err
	}
	return newRun(c, row), nil
}

// newID names a run: ids sort by time, and are short enough to be typed.
func newID(now time.Time) string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%s-%x", now.Format("20060102-150405"), b)
}

// outgoing is an entry on its way.
type outgoing struct {
	entryID string
	attempt int // the one it is at now
	body    []byte
	key     string
	group   string
}

// groupHeader says where a FIFO queue keeps the order; of a message's own
// headers it is the only one that is sent again.
const groupHeader = "recibo-group"

func (r *run) outgoing(e *quarantine.Entry, attempt int) outgoing {
	body := current(e)
	return outgoing{entryID: e.ID, attempt: attempt, body: body, key: read(body, r.Decoding).transactionID, group: e.Headers[groupHeader]}
}

func (o *outgoing) message() queue.Message {
	headers := map[string]string{quarantine.RedriveHeader: quarantine.FormatRedrive(o.entryID, o.attempt)}
	if o.group != "" {
		headers[groupHeader] = o.group
	}
	return queue.Message{ID: fmt.Sprintf("%s:%d", o.entryID, o.attempt), Key: o.key, Body: o.body, Headers: headers}
}
