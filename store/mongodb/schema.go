package mongodb

import (
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
)

const (
	versions = "recibo_migrations" // in which the migrations are kept
	registry = "sessions"          // of those that transactions run in: see register
)

// migration makes collections, or adds to those of an earlier one. Running it again, or by two at
// the same time, must change nothing: there is no transaction around it.
type migration struct {
	version     int32
	collections []spec
}

// spec is how a collection is to be.
type spec struct {
	name     string
	required []string
	types    bson.D  // of each field
	indexes  []index // that the migration makes
	before   *spec   // how an earlier migration made it; nil: this one does
}

type index struct {
	name string
	keys bson.D
	// expire is how long after the time in its field the server removes a
	// document; 0: never.
	expire time.Duration
}

// options are those of the index as the server and the shell take them.
func (x *index) options() bson.D {
	o := bson.D{{Key: "name", Value: x.name}}
	if x.expire > 0 {
		o = append(o, bson.E{Key: "expireAfterSeconds", Value: int32(x.expire / time.Second)})
	}
	return o
}

// migrations in their order. What is in use is never changed: a later one
// follows.
var migrations = []migration{{version: 1, collections: version1}, {version: 2, collections: version2}}

func latest() int32 { return migrations[len(migrations)-1].version }

// collectionNames are all collections that documents are kept in.
var collectionNames = func() (all []string) {
	for _, m := range migrations {
		for _, c := range m.collections {
			if !slices.Contains(all, c.name) {
				all = append(all, c.name)
			}
		}
	}
	return all
}()

// version1 says what documents must have, so that nothing else gets among them.
// It names types only: values are judged before, and a rule of somebody else
// on values is to be told from these. Text compares byte for byte, as everything
// does that has no collation.
var version1 = []spec{
	{
		name: "payments",
		required: []string{"_id", "transaction_id", "amount", "currency", "payer_account", "payee_account", "occurred_at", "method",
			"fingerprint", "queue", "position", "recorded_at"},
		types: bson.D{
			typed("string", "_id", "transaction_id"), typed("decimal", "amount"),
			typed("string", "currency", "payer_account", "payee_account"), typed("date", "occurred_at"),
			typed("string", "method", "source", "extra"), typed("binData", "fingerprint"),
			typed("string", "queue", "position", "entry_id"), typed("date", "recorded_at"),
		},
		indexes: []index{{name: "payments_occurred_at", keys: bson.D{{Key: "occurred_at", Value: -1}, {Key: "_id", Value: -1}}}},
	},
	{
		name: "quarantine",
		required: []string{"_id", "reason", "detail", "queue", "position", "seen", "first_seen_at", "last_seen_at", "state", "attempt",
			"history_lines", "truncated", "body_size", "body_sha256", "body"},
		types: bson.D{
			typed("string", "_id", "reason", "detail"), typed("array", "field_errors", "headers"),
			typed("string", "queue", "position", "transaction_id"), typed("decimal", "amount"), typed("string", "currency"),
			typed("long", "seen"), typed("date", "first_seen_at", "last_seen_at"), typed("string", "state"),
			typed("long", "attempt", "history_lines"), typed("bool", "truncated"), typed("long", "body_size"),
			typed("binData", "body_sha256", "body", "mended_body"),
		},
		indexes: []index{
			{name: "quarantine_first_seen_at", keys: bson.D{{Key: "first_seen_at", Value: -1}, {Key: "_id", Value: -1}}},
			{name: "quarantine_state_reason", keys: bson.D{{Key: "state", Value: 1}, {Key: "reason", Value: 1}}},
			{name: "quarantine_transaction_id", keys: bson.D{{Key: "transaction_id", Value: 1}}},
		},
	},
	{
		name:     "quarantine_history",
		required: []string{"_id", "entry_id", "line", "to_state", "attempt", "reason", "actor", "at"},
		types: bson.D{
			typed("string", "_id", "entry_id"), typed("long", "line"), typed("string", "from_state", "to_state"), typed("long", "attempt"),
			typed("string", "reason", "actor", "note"), typed("date", "at"),
		},
		indexes: []index{{name: "quarantine_history_entry_id", keys: bson.D{{Key: "entry_id", Value: 1}, {Key: "line", Value: 1}}}},
	},
	{
		name:     "outages",
		required: []string{"_id", "recorder", "component", "target", "began_at", "seen_at", "attempts", "last_error"},
		types: bson.D{
			typed("string", "_id", "recorder", "component", "target"), typed("date", "began_at", "seen_at", "ended_at"),
			typed("long", "attempts"), typed("string", "last_error", "closed_by"),
		},
		indexes: []index{{name: "outages_began_at", keys: bson.D{{Key: "began_at", Value: -1}, {Key: "_id", Value: -1}}}},
	},
	{
		name:     "writers",
		required: []string{"_id", "recorder", "host", "version", "started_at", "seen_at", "seq"},
		types: bson.D{
			typed("string", "_id", "recorder", "host", "version"), typed("date", "started_at", "seen_at"), typed("long", "seq"),
		},
	},
	{
		name:     "tally",
		required: []string{"_id", "writer", "hour", "fate", "reason", "currency", "method", "count", "amount"},
		types: bson.D{
			typed("string", "_id", "writer"), typed("date", "hour"), typed("string", "fate", "reason", "currency", "method"),
			typed("long", "count"), typed("decimal", "amount"), typed("long", "seq"),
		},
	},
	{
		name:     registry,
		required: []string{"_id", "seen_at"},
		types:    bson.D{typed("binData", "_id"), typed("date", "seen_at")},
		indexes:  []index{{name: "sessions_seen_at", keys: bson.D{{Key: "seen_at", Value: 1}}, expire: forgetAfter}},
	},
}

// names is one type of several fields, to be spread out by validator.
type names []string

func typed(bsonType string, fields ...string) bson.E {
	return bson.E{Key: bsonType, Value: names(fields)}
}

// validator is what the server is told of a collection.
func (s *spec) validator() bson.D {
	var properties bson.D
	for _, t := range s.types {
		for _, field := range t.Value.(names) {
			properties = append(properties, bson.E{Key: field, Value: bson.D{{Key: "bsonType", Value: t.Key}}})
		}
	}
	return bson.D{{Key: "$jsonSchema", Value: bson.D{
		{Key: "title", Value: "recibo " + s.name},
		{Key: "bsonType", Value: "object"},
		{Key: "required", Value: s.required},
		{Key: "properties", Value: properties},
	}}}
}
