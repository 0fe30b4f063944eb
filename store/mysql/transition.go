package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"recibo/quarantine"
)

// Transition moves entries from state to state. It locks them all, and then
// takes one step after the other, so that an entry may take several.
func (t *tx) Transition(ctx context.Context, ts []quarantine.Transition) ([]bool, error) {
	done := make([]bool, len(ts))
	if len(ts) == 0 {
		return done, nil
	}
	op := fmt.Sprintf("move %d entries", len(ts))
	ids := map[string]bool{}
	for i := range ts {
		ids[ts[i].EntryID] = true
	}
	stand, err := t.lock(ctx, op, slices.Sorted(maps.Keys(ids)))
	if err != nil {
		return nil, err
	}
	moved, renamed := map[string]*quarantine.Standing{}, map[string]bool{}
	var lines []quarantine.HistoryLine
	for i := range ts {
		stands := stand[ts[i].EntryID]
		if stands == nil {
			continue
		}
		run := stands.Redrive
		line, ok := stands.Move(&ts[i])
		if ok {
			moved[stands.ID], done[i] = stands, true
			renamed[stands.ID] = renamed[stands.ID] || stands.Redrive != run
			lines = append(lines, line)
		}
	}
	t.writeMoves(op, moved, renamed)
	t.history(op, lines)
	return done, nil
}

func (t *tx) writeMoves(op string, moved map[string]*quarantine.Standing, renamed map[string]bool) {
	alike := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(moved)) {
		var s statement
		s.become(moved[id], renamed[id])
		alike[string(s)] = append(alike[string(s)], id)
	}
	t.writeAlike(op, alike)
}

// become writes what an entry has become. Its run is written where it is another
// one: a recorder never redrives, and has no right to this column.
func (s *statement) become(m *quarantine.Standing, renamed bool) {
	s.sql("UPDATE quarantine SET state = ")
	s.text(string(m.State))
	s.sql(", attempt = ")
	s.integer(int64(m.Attempt))
	if renamed {
		s.sql(", redrive_id = ")
		s.textOrNull(m.Redrive)
	}
	if r := m.Replaced; r != nil {
		s.sql(", reason = ")
		s.text(string(r.Reason))
		s.sql(", detail = ")
		s.text(r.Detail)
		s.sql(", field_errors = ")
		s.json(r.FieldErrors, len(r.FieldErrors))
	}
}

// historyRows is how many lines go into one statement.
const historyRows = 500

func (t *tx) history(op string, lines []quarantine.HistoryLine) {
	for part := range slices.Chunk(lines, historyRows) {
		var s statement
		s.sql("INSERT INTO quarantine_history (" + historyRow + ") VALUES ")
		for i := range part {
			l := &part[i]
			if i > 0 {
				s.sql(",")
			}
			s.sql("(")
			s.text(l.EntryID)
			s.textOrNull(string(l.From))
			s.text(string(l.To))
			s.integer(int64(l.Attempt))
			s.text(string(l.Reason))
			s.text(l.Actor)
			s.textOrNull(l.Note)
			s.time(l.At)
			if l.MendedSHA256 != nil {
				s.bytes(l.MendedSHA256[:])
			} else {
				s.null()
			}
			s.sql(")")
		}
		t.later(s.request(op, inGeneral))
	}
}
