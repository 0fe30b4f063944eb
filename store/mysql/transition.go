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
	moved := map[string]*quarantine.Standing{}
	var lines []quarantine.HistoryLine
	for i := range ts {
		stands := stand[ts[i].EntryID]
		if stands == nil {
			continue
		}
		line, ok := stands.Move(&ts[i])
		if ok {
			moved[stands.ID], done[i] = stands, true
			lines = append(lines, line)
		}
	}
	t.writeMoves(op, moved)
	t.history(op, lines)
	return done, nil
}

func (t *tx) writeMoves(op string, moved map[string]*quarantine.Standing) {
	alike := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(moved)) {
		var s statement
		s.become(moved[id])
		alike[string(s)] = append(alike[string(s)], id)
	}
	t.writeAlike(op, alike)
}

func (s *statement) become(m *quarantine.Standing) {
	s.sql("UPDATE quarantine SET state = ")
	s.text(string(m.State))
	s.sql(", attempt = ")
	s.integer(int64(m.Attempt))
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
		s.sql("INSERT INTO quarantine_history (entry_id, from_state, to_state, attempt, reason, actor, note, at) VALUES ")
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
			s.sql(")")
		}
		t.later(s.request(op, inGeneral))
	}
}
