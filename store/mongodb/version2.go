package mongodb

import (
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// version2 has control totals, the runs of redrive, and what these leave in
// entries and their history. The amounts of a control total are text by currency:
// a producer may write more digits than a Decimal128 holds.
var version2 = []spec{
	added("quarantine", []bson.E{typed("string", "redrive_id")},
		index{name: "quarantine_redrive_id", keys: bson.D{{Key: "redrive_id", Value: 1}, {Key: "state", Value: 1}}}),
	added("quarantine_history", []bson.E{typed("binData", "mended_sha256")}),
	{
		name: "redrives",
		required: []string{"_id", "filter", "cutoff", "actor", "rate", "total", "seq", "runner", "last_entry", "moved", "refused", "state",
			"began_at", "seen_at"},
		types: bson.D{
			typed("string", "_id", "filter"), typed("date", "cutoff"), typed("string", "actor", "note"), typed("long", "rate", "total", "seq"),
			typed("string", "runner", "last_entry"), typed("long", "moved", "refused"), typed("string", "state"),
			typed("date", "began_at", "seen_at", "ended_at"),
		},
		indexes: []index{{name: "redrives_began_at", keys: bson.D{{Key: "began_at", Value: -1}, {Key: "_id", Value: -1}}}},
	},
	{
		name: "control_totals",
		required: []string{"_id", "producer", "window_from", "window_until", "count", "amounts", "fingerprint_sum", "queue", "position",
			"recorded_at"},
		types: bson.D{
			typed("string", "_id", "source", "producer"), typed("date", "window_from", "window_until"), typed("long", "count"),
			typed("object", "amounts"), typed("binData", "fingerprint_sum"), typed("string", "queue", "position", "entry_id"),
			typed("date", "recorded_at"),
		},
		indexes: []index{{name: "control_totals_window_until", keys: bson.D{{Key: "window_until", Value: -1}, {Key: "_id", Value: -1}}}},
	},
}

// added is a collection of version 1 with more fields and indexes.
func added(name string, types []bson.E, indexes ...index) spec {
	c := version1[slices.IndexFunc(version1, func(c spec) bool { return c.name == name })]
	return spec{name: name, required: c.required, types: append(slices.Clip(c.types), types...), indexes: indexes, before: &c}
}
