package mongodb

import (
	"bytes"
	"context"
	"errors"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// validate gives a collection that is there its validator. One that somebody has
// made his own stays as he wants it; of one with ours among others, as
// docs/systems.md advises, only ours changes.
func (s *Store) validate(ctx context.Context, c *spec) error {
	all, err := s.db.ListCollectionSpecifications(ctx, bson.D{{Key: "name", Value: c.name}})
	if err != nil {
		return err
	}
	if len(all) == 0 {
		return errors.New("it is missing: restore the database from a backup")
	}
	var stands struct {
		Validator bson.Raw `bson:"validator"`
	}
	if err := bson.Unmarshal(all[0].Options, &stands); err != nil {
		return err
	}
	validator, changed, err := c.inPlaceOf(stands.Validator)
	if err != nil || !changed {
		return err
	}
	return s.db.RunCommand(ctx, bson.D{{Key: "collMod", Value: c.name}, {Key: "validator", Value: validator}}).Err()
}

// inPlaceOf returns the validator that is to follow one that stands, and
// whether it is another one.
func (c *spec) inPlaceOf(stands bson.Raw) (validator any, changed bool, err error) {
	ours := c.validator()
	elements, err := stands.Elements()
	if err != nil || len(elements) == 0 {
		return ours, true, err
	}
	if c.before == nil {
		return nil, false, nil // made by another process, which may be further on
	}
	old, err := bson.Marshal(c.before.validator())
	if err != nil || bytes.Equal(stands, old) {
		return ours, true, err
	}
	list, isList := elements[0].Value().ArrayOK()
	if len(elements) > 1 || elements[0].Key() != "$and" || !isList {
		return nil, false, nil
	}
	parts, err := list.Values()
	rest := bson.A{}
	for _, p := range parts {
		if d, ok := p.DocumentOK(); ok && bytes.Equal(d, old) {
			rest, changed = append(rest, ours), true
			continue
		}
		rest = append(rest, p)
	}
	return bson.D{{Key: "$and", Value: rest}}, changed, err
}
