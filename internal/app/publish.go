package app

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"recibo/queue"
	"recibo/store"
	"recibo/wire"
)

// Published says what became of the messages of a publish.
type Published struct {
	Sent      int64 `json:"sent"`
	Refused   int64 `json:"refused"`  // too big for the queue
	InDoubt   int64 `json:"in_doubt"` // no answer when it was interrupted
	ElapsedMS int64 `json:"elapsed_ms"`
	PerSecond int64 `json:"per_second"`
}

// Piece is one message to publish. Where is for people: "events.ndjson:17".
type Piece struct {
	Where string
	Body  []byte
}

const (
	publishMessages = 500
	publishBytes    = 1 << 20
	// mostNamed bounds how many refused messages are named in the log.
	mostNamed = 10
)

// Publish puts every piece on the queue. When the queue stops answering it
// waits, says so once, and goes on.
func (a *App) Publish(ctx context.Context, pieces iter.Seq2[Piece, error]) (Published, error) {
	b, err := a.openQueue(ctx)
	if err != nil {
		return Published{}, err
	}
	defer closeQueue(ctx, b)
	p, err := b.Publisher(ctx)
	if err != nil {
		return Published{}, err
	}
	began := time.Now()
	w := &publishing{app: a, publisher: p, run: runID()}
	err = w.all(ctx, pieces)
	if closeErr := p.Close(context.WithoutCancel(ctx)); err == nil {
		err = closeErr
	}
	w.result.ElapsedMS = time.Since(began).Milliseconds()
	w.result.PerSecond = perSecond(w.result.Sent, time.Since(began))
	return w.result, err
}

// publishing is one run of Publish.
type publishing struct {
	app       *App
	publisher queue.Publisher
	run       string
	number    int64
	where     []string
	batch     []queue.Message
	bytes     int
	single    bool // one message a publish, until the batch is through
	down      bool
	result    Published
}

func (w *publishing) all(ctx context.Context, pieces iter.Seq2[Piece, error]) error {
	for piece, err := range pieces {
		if err == nil && (len(w.batch) == publishMessages || w.bytes+len(piece.Body) > publishBytes) {
			err = w.flush(ctx)
		}
		if err != nil {
			return err
		}
		w.add(piece)
	}
	return w.flush(ctx)
}

func (w *publishing) add(piece Piece) {
	w.number++
	m := queue.Message{ID: fmt.Sprintf("%s:%d", w.run, w.number), Body: piece.Body}
	if e, err := wire.Decode(piece.Body, w.app.decoding()); err == nil {
		m.Key = e.TransactionID
	}
	w.batch, w.where = append(w.batch, m), append(w.where, piece.Where)
	w.bytes += len(piece.Body)
}

// flush sends the batch until the queue has all of it, but for what is too big.
func (w *publishing) flush(ctx context.Context) error {
	wait := store.Backoff()
	for len(w.batch) > 0 {
		n := len(w.batch)
		if w.single {
			n = 1
		}
		err := w.publisher.Publish(ctx, w.batch[:n])
		partial, ok := errors.AsType[*queue.PartialError](err)
		if err != nil && !ok {
			return err
		}
		later := w.settle(n, err)
		if ctx.Err() != nil {
			return w.stopped(partial)
		}
		if later {
			w.say(err)
			pause(ctx, wait.NextBackOff())
		}
	}
	w.single = false
	if w.down {
		w.down = false
		w.app.Log.Info("queue answers again", "queue", w.app.Config.Queue)
	}
	return nil
}

// stopped counts what is in doubt when a publish was interrupted.
func (w *publishing) stopped(e *queue.PartialError) error {
	if e != nil {
		w.result.InDoubt += int64(len(e.Unknown))
	}
	w.keep(nil)
	return answerNo("the messages before the interrupt are in the queue; publish the rest",
		"publish: interrupted after %d messages", w.result.Sent)
}

// settle counts what became of the first n messages and keeps what is to be
// sent again. What had no answer is sent again too: if it had arrived, that is
// a duplicate. later is true when the queue needs time.
func (w *publishing) settle(n int, err error) (later bool) {
	answer := queue.AnswerOf(n, err)
	w.result.Sent += int64(len(answer.Accepted))
	again := answer.Again()
	later = len(again) > 0
	switch tooBig := answer.TooBig; {
	case len(tooBig) > 0 && n == 1:
		w.refuse(0)
	case len(tooBig) > 0: // together they may be too big, alone not
		w.single = true
		again = append(again, tooBig...)
	}
	w.keep(append(again, span(n, len(w.batch))...))
	return later
}

func (w *publishing) refuse(i int) {
	if w.result.Refused++; w.result.Refused <= mostNamed {
		w.app.Log.Error("message is too big for the queue", "message", w.where[i], "bytes", len(w.batch[i].Body))
	}
}

// keep reduces the batch to the messages with these indexes, in their order.
func (w *publishing) keep(indexes []int) {
	slices.Sort(indexes)
	w.bytes = 0
	for n, i := range indexes {
		w.batch[n], w.where[n] = w.batch[i], w.where[i]
		w.bytes += len(w.batch[n].Body)
	}
	w.batch, w.where = w.batch[:len(indexes)], w.where[:len(indexes)]
}

func span(from, to int) []int {
	var all []int
	for i := from; i < to; i++ {
		all = append(all, i)
	}
	return all
}

func (w *publishing) say(err error) {
	if !w.down {
		w.down = true
		w.app.Log.Warn("queue does not answer; waiting for it", "queue", w.app.Config.Queue, "error", err)
	}
}

// CheckPublished is nil when everything was sent.
func CheckPublished(p Published) error {
	if p.Refused == 0 && p.InDoubt == 0 {
		return nil
	}
	return answerNo("the log names what was refused; make it smaller", "publish: %d sent, %d refused, %d without an answer", p.Sent, p.Refused, p.InDoubt)
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

func perSecond(n int64, d time.Duration) int64 {
	if d <= 0 {
		return 0
	}
	return int64(float64(n) / d.Seconds())
}
