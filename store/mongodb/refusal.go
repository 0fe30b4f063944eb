package mongodb

import (
	"fmt"
	"slices"
	"strings"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// rule is a condition of a validator that a document did not meet.
type rule struct {
	operator string
	field    string
	limit    string // what it says, not what the document has
}

// refusesValue reports whether all rules that were not met are about values.
// Rules about types and about which fields there are refuse every document that
// this program writes, or none: a validator of another version, or of somebody
// who wants a field that we do not have. No event is to blame for that, nor where
// the server does not say which rule it was.
func refusesValue(details bson.Raw) bool {
	rules := rulesOf(details)
	return len(rules) > 0 && !slices.ContainsFunc(rules, func(r rule) bool {
		switch r.operator {
		case "bsonType", "type", "$type", "required", "additionalProperties", "$exists", "minProperties", "maxProperties":
			return true
		}
		return false
	})
}

// rulesOf finds the rules in errInfo: the innermost parts that have a name.
func rulesOf(details bson.Raw) []rule {
	var all []rule
	walkRules(details, "", &all)
	return all
}

func walkRules(d bson.Raw, field string, all *[]rule) {
	elements, err := d.Elements()
	if err != nil {
		return
	}
	r := rule{field: field}
	inner := len(*all)
	for _, e := range elements {
		v := e.Value()
		switch e.Key() {
		case "operatorName":
			r.operator, _ = v.StringValueOK()
		case "propertyName":
			r.field, _ = v.StringValueOK()
		case "specifiedAs":
			r.limit = limitOf(v)
		case "consideredValue", "consideredValues": // what the document has: nothing to look at
			continue
		}
	}
	for _, e := range elements {
		switch v := e.Value(); {
		case strings.HasPrefix(e.Key(), "considered") || e.Key() == "specifiedAs":
		case v.Type == bson.TypeEmbeddedDocument:
			walkRules(v.Document(), r.field, all)
		case v.Type == bson.TypeArray:
			walkRules(bson.Raw(v.Array()), r.field, all)
		}
	}
	if r.operator != "" && len(*all) == inner {
		*all = append(*all, r)
	}
}

const maxLimit = 200 // bytes

func limitOf(v bson.RawValue) string {
	d, ok := v.DocumentOK()
	if !ok {
		return ""
	}
	text, err := bson.MarshalExtJSON(d, false, false)
	if err != nil || len(text) > maxLimit {
		return ""
	}
	return string(text)
}

// refusal says why a document was refused, without its values.
func refusal(e mongo.WriteError) string {
	text := cutValues(e.Message)
	for _, r := range rulesOf(e.Details) {
		text += fmt.Sprintf(": %s %s", r.operator, r.limit)
		if r.field != "" {
			text += " of " + r.field
		}
	}
	return strings.TrimSpace(text)
}
