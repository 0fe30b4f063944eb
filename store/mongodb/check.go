package mongodb

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// about is what is to be known of a database before it is used.
type about struct {
	names   []string // of our collections, those that are there
	version int32    // of the collections; 0 where there are none
}

// Check answers whether the database can be reached and has the collections of
// this version.
func (s *Store) Check(ctx context.Context) error {
	about, err := s.look(ctx)
	switch {
	case err != nil:
		return err
	case about.version == 0:
		return s.configError(errors.New("collections are missing"), migrateTip)
	case about.version < latest():
		return s.configError(fmt.Errorf("collections are of schema %d, this program wants %d", about.version, latest()), migrateTip)
	}
	for _, name := range collectionNames {
		if !slices.Contains(about.names, name) {
			return s.configError(fmt.Errorf("collection %s is missing", name), "restore the database from a backup, or give another one")
		}
	}
	return nil
}

// look asks what there is, and refuses a database that this program must not
// touch.
func (s *Store) look(ctx context.Context) (about, error) {
	var a about
	err := s.lookAt(ctx, &a)
	if err != nil {
		const tip = "give this user its rights: docs/systems.md has the statements"
		return a, s.rightsError(classify(ctx, "look at the collections", err, inGeneral), err, tip)
	}
	if a.version > latest() {
		return a, s.configError(fmt.Errorf("database was made by a newer recibo (schema %d, this program knows %d)", a.version, latest()),
			"use the newer recibo, or give another database")
	}
	for _, name := range a.names {
		if !slices.Contains(a.names, versions) {
			return a, s.configError(fmt.Errorf("another program's collection %s is there", name), "give another database")
		}
	}
	return a, nil
}

func (s *Store) lookAt(ctx context.Context, a *about) error {
	var row struct {
		Version int32 `bson:"_id"`
	}
	latestFirst := options.FindOne().SetSort(bson.D{{Key: "_id", Value: -1}})
	err := s.db.Collection(versions).FindOne(ctx, bson.D{}, latestFirst).Decode(&row)
	if err != nil && !errors.Is(err, mongo.ErrNoDocuments) {
		return err
	}
	a.version = row.Version
	a.names, err = s.collections(ctx)
	return err
}

// collections are the names of those of ours that are there.
func (s *Store) collections(ctx context.Context) ([]string, error) {
	filter := bson.D{{Key: "name", Value: bson.D{{Key: "$in", Value: append([]string{versions}, collectionNames...)}}}}
	return s.db.ListCollectionNames(ctx, filter, options.ListCollections().SetAuthorizedCollections(true))
}

// rightsError is the error as classified, or what to do about a cause that does
// not go away by waiting: rights that are missing, a password that was changed.
func (s *Store) rightsError(classified, cause error, tip string) error {
	switch codeOf(cause) {
	case codeUnauthorized:
		return s.configError(shorten(cause), tip)
	case codeAuthentication:
		return s.configError(shorten(cause), connectTip(cause))
	}
	return classified
}
