package mysql

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"recibo/quarantine"
)

// move is what becomes of one entry.
type move struct {
	*standing
	replaced *quarantine.Transition // whose reason, detail and field errors stand now
}

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
	moves := map[string]*move{}
	var lines []quarantine.HistoryLine
	for i := range ts {
		stands := stand[ts[i].EntryID]
		if stands == nil || !mayMove(stands, &ts[i]) {
			continue
		}
		if moves[stands.id] == nil {
			moves[stands.id] = &move{standing: stands}
		}
		lines = append(lines, moves[stands.id].take(&ts[i]))
		done[i] = true
	}
	t.writeMoves(op, moves)
	t.history(op, lines)
	return done, nil
}

func mayMove(stands *standing, tr *quarantine.Transition) bool {
	return stands.state == tr.From && stands.attempt == tr.Attempt && quarantine.Legal(tr.From, tr.To, tr.By)
}

// take takes a step and returns its line of history.
func (m *move) take(tr *quarantine.Transition) quarantine.HistoryLine {
	m.state = tr.To
	if tr.To == quarantine.Redriven {
		m.attempt++
	}
	if tr.From == quarantine.Redriven && tr.To == quarantine.Held && tr.Reason != "" {
		m.reason, m.replaced = tr.Reason, tr
	}
	return quarantine.HistoryLine{EntryID: tr.EntryID, From: tr.From, To: tr.To, Attempt: m.attempt,
		Reason: m.reason, Actor: tr.Actor, Note: tr.Note, At: tr.At}
}

func (t *tx) writeMoves(op string, moves map[string]*move) {
	alike := map[string][]string{}
	for _, id := range slices.Sorted(maps.Keys(moves)) {
		var s statement
		s.become(moves[id])
		alike[string(s)] = append(alike[string(s)], id)
	}
	t.writeAlike(op, alike)
}

func (s *statement) become(m *move) {
	s.sql("UPDATE quarantine SET state = ")
	s.text(string(m.state))
	s.sql(", attempt = ")
	s.integer(int64(m.attempt))
	if r := m.replaced; r != nil {
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
