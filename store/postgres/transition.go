package postgres

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"recibo/quarantine"
)

var (
	moveTypes    = []uint32{typeText, typeText, typeInteger, typeText, typeBool, typeText, typeJSON, typeText}
	historyTypes = []uint32{typeText, typeText, typeText, typeInteger, typeText, typeText, typeText, typeTime, typeBytes}
)

var (
	moveStatement = newStatement("move", moveSQL(""))
	// A recorder never redrives, and has no right to this column.
	redriveStatement = newStatement("redrive", moveSQL(", redrive_id = u.redrive_id"))

	historyStatement = newStatement("history", `INSERT INTO quarantine_history (`+historyRow+`)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::text[], $6::text[], $7::text[], $8::timestamptz[], $9::bytea[])`)
)

func moveSQL(more string) string {
	return `UPDATE quarantine q
		SET state = u.state, attempt = u.attempt, reason = u.reason,
			detail = CASE WHEN u.replaced THEN u.detail ELSE q.detail END,
			field_errors = CASE WHEN u.replaced THEN u.field_errors ELSE q.field_errors END` + more + `
		FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::boolean[], $6::text[], $7::json[], $8::text[])
			AS u (id, state, attempt, reason, replaced, detail, field_errors, redrive_id)
		WHERE q.id = u.id`
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
	moved, renamed := map[string]*quarantine.Standing{}, map[string]*quarantine.Standing{}
	var lines []quarantine.HistoryLine
	for i := range ts {
		stands := stand[ts[i].EntryID]
		if stands == nil {
			continue
		}
		run := stands.Redrive
		line, ok := stands.Move(&ts[i])
		if ok {
			if stands.Redrive != run {
				renamed[stands.ID] = stands
			}
			moved[stands.ID], done[i] = stands, true
			lines = append(lines, line)
		}
	}
	maps.DeleteFunc(moved, func(id string, _ *quarantine.Standing) bool { return renamed[id] != nil })
	t.writeMoves(op, moveStatement, moved)
	t.writeMoves(op, redriveStatement, renamed)
	t.history(op, lines)
	return done, nil
}

func (t *tx) writeMoves(op string, write *statement, moved map[string]*quarantine.Standing) {
	if len(moved) == 0 {
		return
	}
	columns := t.arrays(moveTypes)
	for id, m := range moved {
		columns[0].text(id)
		columns[1].text(string(m.State))
		columns[2].integer(int64(m.Attempt))
		columns[3].text(string(m.Reason))
		columns[4].boolean(m.Replaced != nil)
		if m.Replaced != nil {
			columns[5].text(m.Replaced.Detail)
			jsonOrNull(columns[6], m.Replaced.FieldErrors, len(m.Replaced.FieldErrors))
		} else {
			columns[5].null()
			columns[6].null()
		}
		columns[7].textOrNull(m.Redrive)
	}
	t.later(request{op: op, statement: write, params: values(columns)})
}

func (t *tx) history(op string, lines []quarantine.HistoryLine) {
	if len(lines) == 0 {
		return
	}
	columns := t.arrays(historyTypes)
	for i := range lines {
		l := &lines[i]
		columns[0].text(l.EntryID)
		columns[1].textOrNull(string(l.From))
		columns[2].text(string(l.To))
		columns[3].integer(int64(l.Attempt))
		columns[4].text(string(l.Reason))
		columns[5].text(l.Actor)
		columns[6].textOrNull(l.Note)
		columns[7].time(l.At)
		if l.MendedSHA256 != nil {
			columns[8].bytes(l.MendedSHA256[:])
		} else {
			columns[8].null()
		}
	}
	t.later(request{op: op, statement: historyStatement, params: values(columns)})
}
