package mongodb

import (
	"fmt"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// DDL returns the statements for mongosh that do by hand, on an empty database,
// what Migrate does, its notes about itself included.
func DDL() string { return ddl(latest()) }

// ddl returns those that make a version.
func ddl(version int32) string {
	var b strings.Builder
	fmt.Fprintf(&b, "db.createCollection(%q);\n", versions)
	for _, m := range migrations {
		if m.version > version {
			break
		}
		for i := range m.collections {
			c := &m.collections[i]
			if c.before == nil {
				fmt.Fprintf(&b, "\ndb.createCollection(%q, { \"validator\": %s });\n", c.name, shellLines(c.validator(), 3, ""))
			} else {
				fmt.Fprintf(&b, "\ndb.runCommand({ \"collMod\": %q, \"validator\": %s });\n", c.name, shellLines(c.validator(), 3, ""))
			}
			for _, x := range c.indexes {
				fmt.Fprintf(&b, "db.%s.createIndex(%s, %s);\n", c.name, shellValue(x.keys), shellValue(x.options()))
			}
		}
		fmt.Fprintf(&b, "\ndb.%s.insertOne(%s);\n", versions, shellValue(bson.D{{Key: "_id", Value: m.version}}))
	}
	return b.String()
}

// shellLines writes a document as the shell reads it, and so many levels of it
// with a line for each field.
func shellLines(d bson.D, levels int, indent string) string {
	if levels == 0 {
		return shellValue(d)
	}
	deeper := indent + "  "
	var b strings.Builder
	for i, e := range d {
		if i > 0 {
			b.WriteString(",")
		}
		b.WriteString("\n" + deeper)
		inner, ok := e.Value.(bson.D)
		if !ok {
			field := shellValue(bson.D{e})
			b.WriteString(field[1 : len(field)-1])
			continue
		}
		fmt.Fprintf(&b, "%q: %s", e.Key, shellLines(inner, levels-1, deeper))
	}
	return "{" + b.String() + "\n" + indent + "}"
}

func shellValue(d bson.D) string {
	text, err := bson.MarshalExtJSON(d, false, false)
	if err != nil {
		panic(err) // a document of this program
	}
	return string(text)
}
