package mongodb

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/store"
)

// Update runs fn in one transaction and commits it. A commit, once begun, is
// not interrupted by ctx, but waits no longer than the store's CommitTimeout.
func (s *Store) Update(ctx context.Context, fn func(context.Context, store.Tx) error) error {
	if s.sessions == nil {
		return s.configError(errors.New("opened for reading only"), "open it for writing")
	}
	session, err := s.sessions.take(ctx)
	if _, classified := errors.AsType[*store.Error](err); classified {
		return err
	}
	if err != nil {
		return &store.Error{Class: store.ClassOutage, Op: "begin", Err: err}
	}
	t := &tx{store: s, session: session, began: time.Now(), recorded: map[string]*store.Payment{}, controls: map[string]*store.Control{},
		standing: map[string]*standing{}}
	defer t.finish()
	if err := t.begin(); err != nil {
		return err
	}
	if err := fn(ctx, t); err != nil {
		return err
	}
	switch {
	case t.failed != nil:
		return t.failed
	case ctx.Err() != nil:
		return ended(ctx, "commit")
	case session == nil:
		return t.flush(ctx)
	}
	return t.commit(ctx)
}

func (t *tx) begin() error {
	if t.session == nil {
		return nil
	}
	if err := t.session.StartTransaction(); err != nil {
		return &store.Error{Class: store.ClassOutage, Op: "begin", Err: err}
	}
	return nil
}

// commit commits, once: the driver sends it again by itself if the connection
// was lost. Only what the server said about it is certain.
func (t *tx) commit(ctx context.Context) error {
	// Not a deadline: the driver takes a session whose commit has met one for
	// unusable, and its next transaction is what ends this one.
	ctx, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	defer cancel(nil)
	timer := time.AfterFunc(t.store.options.CommitTimeout, func() { cancel(errNoAnswer) })
	defer timer.Stop()
	err := t.session.CommitTransaction(ctx)
	if err == nil {
		t.committed = true
		return nil
	}
	t.conflict = isConflict(err)
	if context.Cause(ctx) == errNoAnswer {
		err = errNoAnswer
	}
	t.failed = classify(ctx, "commit", err, inCommit)
	return t.failed
}

var errNoAnswer = errors.New("no answer from the server")

// abortTimeout bounds the wait for an answer to an abort.
const abortTimeout = 2 * time.Second

// finish gives the session back without a transaction, also after a panic of
// the function. A server that does not hear of the abort does so with the
// session's next transaction.
func (t *tx) finish() {
	if t.session != nil && t.session.TransactionRunning() {
		ctx, cancel := context.WithTimeout(context.Background(), abortTimeout)
		defer cancel()
		_ = t.session.AbortTransaction(ctx) // its state is what counts
	}
	t.store.sessions.put(t.session)
	if t.store.orphans.due(t.writer, t.conflict, t.committed) {
		t.store.killOthers(context.Background())
	}
}

// restart begins the transaction again, of which the server has nothing.
func (t *tx) restart() error {
	ctx, cancel := context.WithTimeout(context.Background(), abortTimeout)
	defer cancel()
	_ = t.session.AbortTransaction(ctx)
	return t.session.StartTransaction()
}

// isStale reports whether a connection turned out to have died while it lay
// idle: the first statement of a transaction found it closed. Nothing of the
// transaction can stand then, so it may begin again on another connection.
func (t *tx) isStale(ctx context.Context, err error) bool {
	return t.session != nil && !t.begun && mongo.IsNetworkError(err) && !mongo.IsTimeout(err) && ctx.Err() == nil
}
