package mongodb

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// DDL returns the statements for mongosh that do by hand, on an empty database,
// what Migrate does, its notes about itself included.
func DDL() string {
	var b strings.Builder
	fmt.Fprintf(&b, "db.createCollection(%q);\n", versions)
	for _, m := range migrations {
		for i := range m.collections {
			c := &m.collections[i]
			fmt.Fprintf(&b, "\ndb.createCollection(%q, %s);\n", c.name, shellValue(bson.D{{Key: "validator", Value: c.validator()}}))
			for _, x := range c.indexes {
				fmt.Fprintf(&b, "db.%s.createIndex(%s, %s);\n", c.name, shellValue(x.keys), shellValue(bson.D{{Key: "name", Value: x.name}}))
			}
		}
		fmt.Fprintf(&b, "\ndb.%s.insertOne(%s);\n", versions, shellValue(bson.D{{Key: "_id", Value: m.version}}))
	}
	return b.String()
}

// shellValue writes a document as the shell reads it.
func shellValue(d bson.D) string {
	text, err := bson.MarshalExtJSONIndent(d, false, false, "", "  ")
	if err != nil {
		panic(err) // documents of this program
	}
	if len(text) < 120 {
		text, _ = bson.MarshalExtJSON(d, false, false)
	}
	return string(text)
}
