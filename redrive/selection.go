package redrive

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// Selection says which entries an act is about. What is zero does not restrict;
// the zero Selection selects nothing, for nobody means everything by silence.
type Selection struct {
	IDs     []string            `json:"ids,omitempty"` // of entries; at most store.MaxPage
	Reasons []quarantine.Reason `json:"reasons,omitempty"`
	States  []quarantine.State  `json:"states,omitempty"` // a purge's own; a redrive or discard is of what is held
	Field   string              `json:"field,omitempty"`  // with an error in this field
	Source  string              `json:"source,omitempty"` // of the event, as far as it can be read
	Since   time.Time           `json:"since,omitzero"`   // last seen from then on
	Until   time.Time           `json:"until,omitzero"`   // last seen before
}

// Empty reports whether nothing restricts it.
func (s *Selection) Empty() bool {
	return len(s.IDs) == 0 && len(s.Reasons) == 0 && len(s.States) == 0 &&
		s.Field == "" && s.Source == "" && s.Since.IsZero() && s.Until.IsZero()
}

// Filter is the selection as the row of a run keeps it.
func (s *Selection) Filter() string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err) // texts and times of four-digit years always marshal
	}
	return string(b)
}

// ParseFilter reads what Filter wrote.
func ParseFilter(filter string) (Selection, error) {
	var s Selection
	d := json.NewDecoder(strings.NewReader(filter))
	d.DisallowUnknownFields() // a newer program's: to leave it out would select more
	if err := d.Decode(&s); err != nil {
		return s, fmt.Errorf("read the filter of the run: %w", err)
	}
	return s, nil
}

// Words is the selection for people: "reason invalid, field amount".
func (s *Selection) Words() string {
	var parts []string
	add := func(name, value string) {
		if value != "" {
			parts = append(parts, name+" "+value)
		}
	}
	add("reason", strings.Join(texts(s.Reasons), " or "))
	add("state", strings.Join(texts(s.States), " or "))
	add("field", s.Field)
	add("source", s.Source)
	if !s.Since.IsZero() {
		add("last seen since", s.Since.UTC().Format(time.RFC3339))
	}
	if !s.Until.IsZero() {
		add("last seen before", s.Until.UTC().Format(time.RFC3339))
	}
	switch n := len(s.IDs); {
	case n == 1:
		add("entry", s.IDs[0])
	case n > 1:
		parts = append(parts, fmt.Sprintf("%d entries by id", n))
	}
	return strings.Join(parts, ", ")
}

func texts[T ~string](values []T) []string {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = string(v)
	}
	return all
}

// query asks for the selected entries that are in one of the states and were
// first seen before the cut-off, by id.
func (s *Selection) query(cutoff time.Time, states ...quarantine.State) store.EntryQuery {
	return store.EntryQuery{IDs: s.IDs, Reasons: s.Reasons, Field: s.Field, Since: s.Since, Until: s.Until,
		States: states, SeenBefore: cutoff, Order: store.ByID}
}

// matches judges what the store cannot: the source stands in the body only.
func (s *Selection) matches(e *quarantine.Entry, o wire.Options) bool {
	return s.Source == "" || read(current(e), o).source == s.Source
}

// check returns a copy without doubles, or why it can select nothing.
func (s Selection) check() (Selection, error) {
	if s.Empty() {
		return s, ErrEmpty
	}
	s.IDs = slices.Compact(slices.Sorted(slices.Values(s.IDs)))
	if len(s.IDs) > store.MaxPage {
		return s, fmt.Errorf("%w: %d", ErrTooMany, len(s.IDs))
	}
	return s, nil
}
