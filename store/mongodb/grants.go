package mongodb

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// right is what may be done to collections.
type right struct {
	collections []string
	actions     []string
}

// Grants returns the statements for mongosh that give a user what a recorder
// needs and nothing more: payments it may read and add to, never change or
// remove. They are run once, in the database, as its owner.
func Grants(user string) string {
	return grants(user, "recibo_recorder",
		right{[]string{versions, "redrives"}, []string{"find"}},
		right{[]string{"payments", "quarantine_history", "control_totals"}, []string{"find", "insert"}},
		right{[]string{"quarantine", "outages", "writers", "tally", registry}, []string{"find", "insert", "update"}})
}

// OperatorGrants returns the statements for a user who looks at everything and
// decides about entries of the quarantine: mend, redrive, discard, purge.
func OperatorGrants(user string) string {
	return grants(user, "recibo_operator",
		right{[]string{versions, "payments", "outages", "writers", "tally", "control_totals"}, []string{"find"}},
		right{[]string{"quarantine"}, []string{"find", "update", "remove"}},
		right{[]string{"quarantine_history"}, []string{"find", "insert", "remove"}},
		right{[]string{"redrives", registry}, []string{"find", "insert", "update"}})
}

// ReaderGrants returns the statements for a user who looks and changes nothing:
// status, find, lists, reconcile.
func ReaderGrants(user string) string {
	return grants(user, "recibo_reader",
		right{[]string{versions, "payments", "quarantine", "quarantine_history", "outages", "writers", "tally", "redrives", "control_totals"},
			[]string{"find"}})
}

// grants writes the statements. The collections are looked for before anything
// is written to them, hence listCollections.
func grants(user, role string, rights ...right) string {
	var b strings.Builder
	fmt.Fprintf(&b, "db.createRole({\n  role: %q,\n  privileges: [\n", role)
	privilege := func(collection string, actions []string) {
		fmt.Fprintf(&b, "    { resource: { db: db.getName(), collection: %q }, actions: [%s] },\n", collection, quoted(actions))
	}
	privilege("", []string{"listCollections"})
	for _, r := range rights {
		for _, c := range r.collections {
			privilege(c, r.actions)
		}
	}
	fmt.Fprintf(&b, "  ],\n  roles: []\n});\ndb.grantRolesToUser(%s, [%q]);\n", quoted([]string{user}), role)
	return b.String()
}

// quoted writes texts as JSON does, which the shell reads.
func quoted(texts []string) string {
	all := make([]string, len(texts))
	for i, s := range texts {
		text, err := bson.MarshalExtJSON(bson.D{{Key: "v", Value: s}}, false, false)
		if err != nil {
			panic(err) // text always marshals
		}
		all[i] = strings.TrimSuffix(strings.TrimPrefix(string(text), `{"v":`), "}")
	}
	return strings.Join(all, ", ")
}
