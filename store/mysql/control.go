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

// Control inserts, and where the server says that one of them stands already
// looks them up and inserts the others, as Record does.
func (t *tx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	outcomes := make([]store.ControlOutcome, len(cs))
	if len(cs) == 0 {
		return outcomes, nil
	}
	if err := t.flush(ctx); err != nil {
		return nil, err
	}
	for from := 0; from < len(cs); {
		insert, n := t.controlInsertion(cs[from:], nil)
		stood, err := t.insertControls(ctx, insert, cs[from:from+n])
		if err != nil {
			return nil, err
		}
		for i := from; i < from+n; i++ {
			outcomes[i].Kind = store.Recorded
			if stands, ok := stood[cs[i].Window.ID()]; ok {
				outcomes[i] = store.JudgeControl(stands, &cs[i])
			}
		}
		from += n
	}
	return outcomes, nil
}

// insertControls inserts control totals, as often as another writer turns out to
// have been ahead, and returns those that stood.
func (t *tx) insertControls(ctx context.Context, insert string, cs []store.Control) (stood map[string]*store.Control, err error) {
	op := fmt.Sprintf("record %d control totals", len(cs))
	var refused error
	for barren := 0; barren < 2; {
		_, refused = t.exec(ctx, request{op: op, at: inRecord, sql: insert, mayStand: true})
		if refused == nil || t.failed != nil {
			return stood, refused
		}
		before := len(stood)
		if stood, err = t.standingControls(ctx, cs); err != nil {
			return nil, err
		}
		switch len(stood) {
		case len(cs):
			return stood, nil
		case before:
			barren++
		}
		insert, _ = t.controlInsertion(cs, stood)
	}
	// Not our key: a trigger writes to a table with one of the same name.
	t.failed = &store.Error{Class: store.ClassData, Op: op, Err: shorten(refused)}
	return nil, t.failed
}

// standingControls finds those of the control totals that stand already, by the
// ids of their windows.
func (t *tx) standingControls(ctx context.Context, cs []store.Control) (map[string]*store.Control, error) {
	stood := map[string]*store.Control{}
	for part := range slices.Chunk(cs, store.MaxPage) {
		ids := make([]string, len(part))
		for i := range part {
			ids[i] = part[i].Window.ID()
		}
		var s statement
		s.sql("SELECT " + controlColumns + " FROM control_totals WHERE id IN ")
		s.texts(ids)
		found, err := query(ctx, t, s.request(fmt.Sprintf("look %d control totals up", len(part)), inGeneral), scanControl)
		if err != nil {
			return nil, err
		}
		for i := range found {
			stood[found[i].Window.ID()] = &found[i]
		}
	}
	return stood, nil
}

// controlInsertion builds the statement that inserts the first of the control
// totals, as many as the server takes at once, without those that stand. It
// returns how many it is about: at least one.
func (t *tx) controlInsertion(cs []store.Control, stood map[string]*store.Control) (insert string, n int) {
	var s statement
	s.sql("INSERT INTO control_totals (" + controlColumns + ") VALUES ")
	rows := 0
	for i := range cs {
		if stood[cs[i].Window.ID()] != nil {
			continue
		}
		end := len(s)
		if rows > 0 {
			s.sql(",")
		}
		s.control(&cs[i])
		if len(s)+len(beginStatement) >= t.limit() && rows > 0 {
			return string(s[:end]), i
		}
		rows++
	}
	return string(s), len(cs)
}

func (s *statement) control(c *store.Control) {
	amounts := make(map[payment.Currency]string, len(c.Amounts))
	for currency, total := range c.Amounts {
		amounts[currency] = total.Decimal(currency)
	}
	text, err := json.Marshal(amounts)
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
	s.text(string(text))
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
	c.Amounts = make(map[payment.Currency]payment.Total, len(amounts))
	for currency, decimal := range amounts {
		if c.Amounts[currency], err = payment.ParseTotal(decimal, currency); err != nil {
			return c, fmt.Errorf("a control total's amount in %s: %w", currency, err)
		}
	}
	return c, nil
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
