package mongodb_test

import (
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"

	"recibo/internal/testserver"
	"recibo/store/mongodb"
)

// known are ways in which SecantusDB is not MongoDB, each shown with the driver
// alone. They excuse what the tests of this package do not try. When one is
// mended this fails: then it is to be tried.
var known = []struct {
	name string
	is   func(*testing.T, *mongo.Database) bool // whether it is still so
}{
	{"the elements of a path through an array are none, in an aggregation", func(t *testing.T, db *mongo.Database) bool {
		// Hence Causes takes the first element, and then its field.
		pipeline := bson.A{bson.D{{Key: "$project", Value: bson.D{{Key: "first", Value: bson.D{{Key: "$arrayElemAt", Value: bson.A{"$list.name", 0}}}}}}}}
		cursor, err := db.Collection("lists").Aggregate(t.Context(), pipeline)
		if err != nil {
			t.Fatal(err)
		}
		var rows []struct {
			First *string `bson:"first"`
		}
		if err := cursor.All(t.Context(), &rows); err != nil || len(rows) != 1 {
			t.Fatalf("%d rows, error %v", len(rows), err)
		}
		return rows[0].First == nil
	}},
}

func TestKnownDeviations(t *testing.T) {
	t.Parallel()
	server := testserver.SecantusDB(t)
	db := raw(t, server.URL("admin", server.Database(t)))
	run(t, db, `{"insert": "lists", "documents": [{"_id": 1, "list": [{"name": "a"}, {"name": "b"}]}]}`)
	for _, k := range known {
		t.Run(k.name, func(t *testing.T) {
			if !k.is(t, db) {
				t.Error("it is mended: try what it excused, and drop it here and from docs/systems.md")
			}
		})
	}
}

// rightsOfADatabase is that a role's actions hold for every collection of the
// database: what the recorder must not do to payments alone cannot be tried.
func rightsOfADatabase(t *testing.T, server *testserver.SecantusServer) {
	database, _ := secured(t, server)
	db := raw(t, newUser(t, server, database, "recorder", mongodb.Grants))
	_, err := db.Collection("payments").UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "none"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "method", Value: "x"}}}})
	if err != nil {
		t.Errorf("%v: it is mended: have rolesAreHeldBack try it, and drop this here and from docs/systems.md", err)
	}
}
