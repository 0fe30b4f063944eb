package mongodb

import (
	"context"
	"sync"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// The server keeps the transaction of a recorder that was killed, for a minute
// unless told otherwise, and who writes one of its documents is in conflict
// all that time. So every session is written down before its first transaction,
// and who meets conflicts for longer than living writers make them has the
// server end what is open in all other sessions. One that lives runs its
// transaction again; no right is needed for sessions of the same user.

const (
	conflictsLast = 500 * time.Millisecond // between living writers they are over sooner
	killEvery     = 2 * time.Second
	killTimeout   = 2 * time.Second
	registerEvery = time.Hour
	forgetAfter   = 24 * time.Hour // what nobody has registered again; the server removes it
)

// orphans follows how long writers have been in conflict.
type orphans struct {
	mu     sync.Mutex
	since  map[string]time.Time // by writer: the first conflict since its last commit
	killed time.Time
}

// due notes the end of a writer's transaction, and reports whether the others'
// are to be ended.
func (o *orphans) due(writer string, conflict, committed bool) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if committed {
		delete(o.since, writer)
	}
	if !conflict {
		return false
	}
	now := time.Now()
	first, known := o.since[writer]
	if !known {
		if o.since == nil {
			o.since = map[string]time.Time{}
		}
		o.since[writer] = now
		return false
	}
	if now.Sub(first) < conflictsLast || now.Sub(o.killed) < killEvery {
		return false
	}
	o.killed = now
	return true
}

func isConflict(err error) bool {
	e, ok := firstWriteError(err)
	return codeOf(err) == codeWriteConflict || ok && e.Code == codeWriteConflict
}

// register writes a session down, so that others can end its transaction.
func (s *Store) register(ctx context.Context, session *mongo.Session) error {
	names, err := s.collections(ctx)
	if err != nil {
		return classify(ctx, "register", err, inGeneral)
	}
	if err := missing(names, registry); err != nil {
		return err // writing to it would make it
	}
	_, err = s.db.Collection(registry).UpdateOne(ctx, bson.D{{Key: "_id", Value: session.ID().Lookup("id")}},
		bson.D{{Key: "$set", Value: bson.D{{Key: "seen_at", Value: time.Now().UTC()}}}}, options.UpdateOne().SetUpsert(true))
	if err != nil {
		return classify(ctx, "register", err, inGeneral)
	}
	return nil
}

// killOthers has the server end the transactions of all sessions but this
// store's.
func (s *Store) killOthers(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), killTimeout)
	defer cancel()
	cursor, err := s.db.Collection(registry).Find(ctx, bson.D{{Key: "_id", Value: bson.D{{Key: "$nin", Value: s.sessions.own()}}}})
	if err != nil {
		return // the next conflict tries again
	}
	var others []struct {
		ID bson.RawValue `bson:"_id"`
	}
	if err := cursor.All(ctx, &others); err != nil || len(others) == 0 {
		return
	}
	list := bson.A{}
	for _, o := range others {
		list = append(list, bson.D{{Key: "id", Value: o.ID}})
	}
	_ = s.db.RunCommand(ctx, bson.D{{Key: "killSessions", Value: list}}).Err()
}
