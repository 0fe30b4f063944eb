package mongodb

import (
	"context"
	"errors"
	"fmt"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Migrate makes or upgrades the collections. It changes no database of another
// program and none of a newer version. Any number of processes may migrate at
// once: each step done twice is the same as once.
func (s *Store) Migrate(ctx context.Context) error {
	if s.options.ReadOnly {
		return s.configError(errors.New("opened for reading only"), migrateTip)
	}
	about, err := s.look(ctx)
	if err != nil || about.version == latest() {
		return err
	}
	if err := s.migrate(ctx, about.version); err != nil {
		return s.rightsError(classify(ctx, "migrate", err, inGeneral), err, "migrate as a user with the role dbOwner of this database")
	}
	return nil
}

func (s *Store) migrate(ctx context.Context, version int32) error {
	// First, so that what is half done is known for ours.
	if err := s.db.CreateCollection(ctx, versions); err != nil && codeOf(err) != codeNamespaceExists {
		return err
	}
	for _, m := range migrations {
		if m.version <= version {
			continue
		}
		for i := range m.collections {
			if err := s.make(ctx, &m.collections[i]); err != nil {
				return fmt.Errorf("collection %s: %w", m.collections[i].name, err)
			}
		}
		done := bson.D{{Key: "_id", Value: m.version}}
		if _, err := s.db.Collection(versions).ReplaceOne(ctx, done, done, options.Replace().SetUpsert(true)); err != nil && codeOf(err) != codeDuplicate {
			return err
		}
	}
	return nil
}

// make makes a collection, or has one be as it must.
func (s *Store) make(ctx context.Context, c *spec) error {
	var err error
	if c.before == nil {
		err = s.db.CreateCollection(ctx, c.name, options.CreateCollection().SetValidator(c.validator()))
	}
	if c.before != nil || codeOf(err) == codeNamespaceExists {
		err = s.validate(ctx, c)
	}
	if err != nil || len(c.indexes) == 0 {
		return err
	}
	var models []mongo.IndexModel
	for _, x := range c.indexes {
		o := options.Index().SetName(x.name)
		if x.expire > 0 {
			o.SetExpireAfterSeconds(int32(x.expire / time.Second))
		}
		models = append(models, mongo.IndexModel{Keys: x.keys, Options: o})
	}
	_, err = s.db.Collection(c.name).Indexes().CreateMany(ctx, models)
	return err
}
