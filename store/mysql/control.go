package mysql

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"recibo/payment"
	"recibo/store"
)

const controlColumns = `id, source, producer, window_from, window_until, count, amounts, fingerprint_sum,
	queue, position, entry_id, recorded_at`

// controlRows is how many control totals go into one statement.
const controlRows = 200

// Control looks up which stand already, and inserts the others.
func (t *tx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	outcomes := make([]store.ControlOutcome, 0, len(cs))
	for part := range slices.Chunk(cs, controlRows) {
		stood, err := t.insertControls(ctx, part)
		if err != nil {
			return nil, err
		}
		for i := range part {
			outcome := store.ControlOutcome{Kind: store.Recorded}
			if stands, ok := stood[part[i].Window.ID()]; ok {
				outcome = store.JudgeControl(stands, &part[i])
			}
			outcomes = append(outcomes, outcome)
		}
	}
	return outcomes, nil
}

// insertControls inserts those of the control totals that do not stand, and
// returns the others. If another writer is ahead meanwhile it looks again.
func (t *tx) insertControls(ctx context.Context, cs []store.Control) (stood map[string]*store.Control, err error) {
	op := fmt.Sprintf("record %d control totals", len(cs))
	var known error
	for barren := 0; barren < 2; barren++ {
		before := len(stood)
		if stood, err = t.standingControls(ctx, cs); err != nil || len(stood) == len(cs) {
			return stood, err
		}
		if len(stood) > before {
			barren = 0
		}
		_, known = t.exec(ctx, controlInsertion(op, cs, stood))
		if known == nil || t.failed != nil {
			return stood, known
		}
	}
	// Not our key: a trigger writes to a table with one of the same name.
	t.failed = &store.Error{Class: store.ClassData, Op: op, Err: shorten(known)}
	return nil, t.failed
}

// controlInsertion inserts those of the control totals that do not stand.
func controlInsertion(op string, cs []store.Control, stood map[string]*store.Control) request {
	var s statement
	s.sql("INSERT INTO control_totals (" + controlColumns + ") VALUES ")
	rows := 0
	for i := range cs {
		if stood[cs[i].Window.ID()] != nil {
			continue
		}
		if rows > 0 {
			s.sql(",")
		}
		s.control(&cs[i])
		rows++
	}
	r := s.request(op, inRecord)
	r.mayStand = true
	return r
}

// standingControls finds those of the control totals that stand, by the ids of
// their windows.
func (t *tx) standingControls(ctx context.Context, cs []store.Control) (map[string]*store.Control, error) {
	ids := make([]string, len(cs))
	for i := range cs {
		ids[i] = cs[i].Window.ID()
	}
	var s statement
	s.sql("SELECT " + controlColumns + " FROM control_totals WHERE id IN ")
	s.texts(ids)
	found, err := query(ctx, t, s.request(fmt.Sprintf("look %d control totals up", len(cs)), inGeneral), scanControl)
	if err != nil {
		return nil, err
	}
	stood := make(map[string]*store.Control, len(found))
	for i := range found {
		stood[found[i].Window.ID()] = &found[i]
	}
	return stood, nil
}

func (s *statement) control(c *store.Control) {
	amounts, err := json.Marshal(store.AmountTexts(c.Amounts))
	if err != nil {
		panic(err) // texts always marshal
	}
	s.sql("(")
	s.text(c.Window.ID())
	s.textOrNull(c.Source)
	s.text(c.Producer)
	s.time(c.From)
	s.time(c.Until)
	s.integer(c.Count)
	s.text(string(amounts))
	s.bytes(c.Prints[:])
	s.text(c.Queue)
	s.text(c.Position)
	s.textOrNull(c.EntryID)
	s.time(c.RecordedAt)
	s.sql(")")
}

func scanControl(rows *sql.Rows) (store.Control, error) {
	var c store.Control
	var id string
	var amounts map[payment.Currency]string
	err := rows.Scan(&id, (*text)(&c.Source), &c.Producer, &c.From, &c.Until, &c.Count, object{&amounts}, hash{(*[32]byte)(&c.Prints)},
		&c.Queue, &c.Position, (*text)(&c.EntryID), &c.RecordedAt)
	if err != nil {
		return c, err
	}
	c.Amounts, err = store.ParseAmounts(amounts)
	return c, err
}

// Controls reads a page of control totals.
func (r reader) Controls(ctx context.Context, q store.ControlQuery) (store.Page[store.Control], error) {
	var w where
	w.inASCII("id", q.IDs)
	if !q.Since.IsZero() {
		w.and()
		w.sql("window_until > ")
		w.time(q.Since)
	}
	w.until("window_from", q.Until)
	if q.Source != nil {
		w.and()
		if *q.Source == "" {
			w.sql("source IS NULL")
		} else {
			w.exactly("source", *q.Source)
		}
	}
	l := list{store.List{Name: "control_totals", Order: q.Order}, "window_until", "id", controlColumns}
	return read(ctx, r, l, w, q.Limit, q.After, scanControl, func(c *store.Control) store.Place {
		return store.Place{Time: c.Until, ID: c.Window.ID()}
	})
}
