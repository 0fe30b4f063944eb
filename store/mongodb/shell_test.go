package mongodb_test

import (
	"regexp"
	"strings"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// mongosh cannot be had here. This runs the few statements of it that the
// program prints, by the commands that they stand for.

var statementForm = regexp.MustCompile(`(?s)^db\.(?:(\w+)\.)?(\w+)\((.*)\)$`)

// bareName is a key without quotes, which the shell takes and JSON does not.
var bareName = regexp.MustCompile(`([{,]\s*)(role|privileges|resource|db|collection|actions|roles):`)

func runShell(t testing.TB, db *mongo.Database, statements string) {
	t.Helper()
	for statement := range strings.SplitSeq(statements, ";\n") {
		statement = strings.TrimSuffix(strings.TrimSpace(statement), ";")
		if statement == "" {
			continue
		}
		parts := statementForm.FindStringSubmatch(statement)
		if parts == nil {
			t.Fatalf("not a statement of the shell: %s", statement)
		}
		if err := db.RunCommand(t.Context(), commandOf(t, db, parts[1], parts[2], shellArguments(t, db, parts[3]))).Err(); err != nil {
			t.Fatalf("%s: %v", statement, err)
		}
	}
}

func shellArguments(t testing.TB, db *mongo.Database, text string) bson.A {
	t.Helper()
	text = strings.ReplaceAll(text, "db.getName()", `"`+db.Name()+`"`)
	text = bareName.ReplaceAllString(text, `$1"$2":`)
	text = regexp.MustCompile(`,(\s*[\]}])`).ReplaceAllString(text, "$1")
	var d struct {
		Arguments bson.A `bson:"arguments"`
	}
	if err := bson.UnmarshalExtJSON([]byte(`{"arguments": [`+text+`]}`), false, &d); err != nil {
		t.Fatalf("arguments %s: %v", text, err)
	}
	return d.Arguments
}

func commandOf(t testing.TB, db *mongo.Database, collection, method string, arguments bson.A) bson.D {
	t.Helper()
	switch method {
	case "createCollection":
		command := bson.D{{Key: "create", Value: arguments[0]}}
		if len(arguments) > 1 {
			command = append(command, arguments[1].(bson.D)...)
		}
		return command
	case "runCommand":
		return arguments[0].(bson.D)
	case "createIndex":
		index := append(bson.D{{Key: "key", Value: arguments[0]}}, arguments[1].(bson.D)...)
		return bson.D{{Key: "createIndexes", Value: collection}, {Key: "indexes", Value: bson.A{index}}}
	case "insertOne":
		return bson.D{{Key: "insert", Value: collection}, {Key: "documents", Value: arguments}}
	case "drop":
		return bson.D{{Key: "drop", Value: collection}}
	case "createRole":
		role := arguments[0].(bson.D)
		return append(bson.D{{Key: "createRole", Value: role[0].Value}}, role[1:]...)
	case "grantRolesToUser":
		return bson.D{{Key: "grantRolesToUser", Value: arguments[0]}, {Key: "roles", Value: arguments[1]}}
	}
	t.Fatalf("no method %s", method)
	return nil
}
