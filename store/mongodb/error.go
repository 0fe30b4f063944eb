package mongodb

import (
	"context"
	"errors"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver"

	"recibo/store"
)

// step is where in a transaction an error came up.
type step int

const (
	inGeneral step = iota
	inRecord       // payments or control totals are being written: their values may be refused
	inCommit       // the commit was sent, or may have been
)

// Codes of the server that mean something here. Whatever is not among them is
// an outage: what nobody knows is never blamed on the data.
const (
	codeUnauthorized     = 13
	codeAuthentication   = 18
	codeLockTimeout      = 24
	codeNoSuchRole       = 31
	codeNamespaceExists  = 48
	codeMaxTime          = 50
	codeRefused          = 121 // by a validator
	codeWriteConflict    = 112
	codeMemory           = 146
	codeTooOld           = 225 // a later transaction of the session has begun
	codeSnapshotTooOld   = 239
	codeNoSnapshot       = 246
	codeNoTransaction    = 251 // it was aborted, or lived for too long
	codeTooLarge         = 257 // transaction
	codeExceededTime     = 262
	codeLifetime         = 290
	codeQueryMemory      = 292
	codeTooLargeForCache = 388
	codeDocumentTooLarge = 10334
	codeDuplicate        = 11000
	codeGrownTooLarge    = 17419 // a document, by an update
	codeUpsertTooLarge   = 17420
)

// classify makes a *store.Error of an error of the driver. Whatever it does
// not know is an outage, and so are values refused anywhere but in payments:
// no event is to blame for these.
func classify(ctx context.Context, op string, err error, at step) error {
	class := classOf(err, at)
	if cause := cause(ctx); cause != nil && at != inCommit && !isAnswer(err) {
		err = cause
	} else {
		err = shorten(err)
	}
	return &store.Error{Class: class, Op: op, Err: err}
}

// cause is why the context has ended, nil if it has not. A connection may know
// that its time is over a moment before the context does.
func cause(ctx context.Context) error {
	if end, ok := ctx.Deadline(); ok && ctx.Err() == nil && !time.Now().Before(end) {
		return context.DeadlineExceeded
	}
	return context.Cause(ctx)
}

// classOf looks at codes, not at the label TransientTransactionError, which the
// driver puts on lost connections too.
func classOf(err error, at step) store.Class {
	if at == inCommit && !isCertain(err) {
		return store.ClassUnknownCommit
	}
	if errors.Is(err, driver.ErrDocumentTooLarge) {
		return store.ClassTooBig
	}
	if e, ok := firstWriteError(err); ok {
		return classOfWrite(e, at)
	}
	return classOfCode(codeOf(err))
}

// isCertain reports whether the answer to a commit says that it was not done.
// That there is no such transaction does not: the driver sends a commit again
// when the first got no answer, and a server that has restarted meanwhile knows
// nothing of what it committed. The claim does.
func isCertain(err error) bool {
	switch code := codeOf(err); code {
	case codeNoTransaction, codeTooOld, codeMaxTime, codeExceededTime:
		return false
	default:
		if classOfCode(code) == store.ClassOutage {
			return false
		}
	}
	e, ok := errors.AsType[mongo.CommandError](err)
	return !ok || e.Raw.Lookup("writeConcernError").Type == 0 // else it is done here, and perhaps nowhere else
}

func classOfWrite(e mongo.WriteError, at step) store.Class {
	switch {
	case e.Code == codeDuplicate && isOwnKey(e):
		return store.ClassTransient // written by somebody since we looked
	case at == inRecord && (e.Code == codeDuplicate || e.Code == codeRefused && refusesValue(e.Details)):
		return store.ClassData
	}
	return classOfCode(e.Code)
}

func classOfCode(code int) store.Class {
	switch code {
	case codeWriteConflict, codeLockTimeout, codeSnapshotTooOld, codeNoSnapshot, codeNoTransaction, codeTooOld:
		return store.ClassTransient
	case codeMaxTime, codeExceededTime, codeLifetime, codeMemory, codeQueryMemory:
		// A time limit of the server, or its memory: fewer at once may pass.
		return store.ClassTooSlow
	case codeTooLarge, codeTooLargeForCache, codeDocumentTooLarge, codeGrownTooLarge, codeUpsertTooLarge:
		return store.ClassTooBig
	}
	return store.ClassOutage
}

// isOwnKey reports whether a duplicate key is that of the document itself.
func isOwnKey(e mongo.WriteError) bool {
	var w struct {
		Pattern bson.D `bson:"keyPattern"`
	}
	return bson.Unmarshal(e.Raw, &w) == nil && len(w.Pattern) == 1 && w.Pattern[0].Key == "_id"
}

// firstWriteError is the server's word on the first document that it refused.
func firstWriteError(err error) (mongo.WriteError, bool) {
	if e, ok := errors.AsType[mongo.BulkWriteException](err); ok && len(e.WriteErrors) > 0 {
		return e.WriteErrors[0].WriteError, true
	}
	if e, ok := errors.AsType[mongo.WriteException](err); ok && len(e.WriteErrors) > 0 {
		return e.WriteErrors[0], true
	}
	return mongo.WriteError{}, false
}

func writeConcernError(err error) *mongo.WriteConcernError {
	if e, ok := errors.AsType[mongo.BulkWriteException](err); ok {
		return e.WriteConcernError
	}
	if e, ok := errors.AsType[mongo.WriteException](err); ok {
		return e.WriteConcernError
	}
	return nil
}

// driverError is an error that did not go through the driver's own wrapping:
// one of those that a connection died of.
func driverError(err error) (code int, message, name string, ok bool) {
	e, ok := errors.AsType[driver.Error](err)
	return int(e.Code), e.Message, e.Name, ok && e.Code != 0
}

// codeOf is the server's code, 0 where it said nothing.
func codeOf(err error) int {
	if e, ok := firstWriteError(err); ok {
		return e.Code
	}
	if e, ok := errors.AsType[mongo.CommandError](err); ok && e.Code != 0 {
		return int(e.Code)
	}
	if code, _, _, ok := driverError(err); ok {
		return code
	}
	if e := writeConcernError(err); e != nil {
		return e.Code
	}
	return 0
}

// isAnswer reports whether err is the server's word.
func isAnswer(err error) bool { return codeOf(err) != 0 }

// ended is the outage of a transaction whose context ended before op.
func ended(ctx context.Context, op string) error {
	return &store.Error{Class: store.ClassOutage, Op: op, Err: context.Cause(ctx)}
}
