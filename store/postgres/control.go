package postgres

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"recibo/payment"
	"recibo/store"
)

const controlColumns = `id, source, producer, window_from, window_until, count, amounts, fingerprint_sum,
	queue, position, entry_id, recorded_at`

var controlTypes = []uint32{typeText, typeText, typeText, typeTime, typeTime, typeInteger, typeJSON, typeBytes,
	typeText, typeText, typeText, typeTime}

var (
	controlStatement = newStatement("control", `INSERT INTO control_totals (`+controlColumns+`)
		SELECT * FROM unnest($1::text[], $2::text[], $3::text[], $4::timestamptz[], $5::timestamptz[], $6::bigint[], $7::json[], $8::bytea[],
			$9::text[], $10::text[], $11::text[], $12::timestamptz[])
		ON CONFLICT (id) DO NOTHING RETURNING id`)

	controlsStatement = newStatement("controls", "SELECT "+controlColumns+" FROM control_totals WHERE id = ANY ($1::text[])")
)

// Control inserts, and asks which were written. The others stand already, in
// another transaction or in this one, and are looked up.
func (t *tx) Control(ctx context.Context, cs []store.Control) ([]store.ControlOutcome, error) {
	outcomes := make([]store.ControlOutcome, len(cs))
	if len(cs) == 0 {
		return outcomes, nil
	}
	op := fmt.Sprintf("record %d control totals", len(cs))
	scratch := t.scratch
	columns := t.arrays(controlTypes)
	for i := range cs {
		appendControl(columns, &cs[i])
	}
	t.offers = true
	written, err := query(ctx, t, request{op: op, at: inRecord, statement: controlStatement, params: values(columns)}, pgx.RowTo[string])
	t.scratch = scratch // sent: the columns are free again
	if err != nil {
		return nil, err
	}
	fresh := make(map[string]bool, len(written))
	for _, id := range written {
		fresh[id] = true
	}
	stood, err := t.standingControls(ctx, cs, fresh)
	if err != nil {
		return nil, err
	}
	for i := range cs {
		id := cs[i].Window.ID()
		stands := stood[id]
		switch {
		case fresh[id]:
			outcomes[i].Kind = store.Recorded
		case stands != nil:
			outcomes[i] = store.JudgeControl(stands, &cs[i])
		default:
			t.failed = &store.Error{Class: store.ClassOutage, Op: op, Err: errors.New("a control total was left out by a rule of the database")}
			return nil, t.failed
		}
	}
	return outcomes, nil
}

// standingControls returns those of the control totals that are not fresh, by
// the ids of their windows.
func (t *tx) standingControls(ctx context.Context, cs []store.Control, fresh map[string]bool) (map[string]*store.Control, error) {
	var known []string
	for i := range cs {
		if id := cs[i].Window.ID(); !fresh[id] {
			known = append(known, id)
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	found, err := query(ctx, t, request{op: fmt.Sprintf("look %d control totals up", len(known)), statement: controlsStatement,
		params: [][]byte{textArray(known)}}, scanControl)
	if err != nil {
		return nil, err
	}
	byID := make(map[string]*store.Control, len(found))
	for i := range found {
		byID[found[i].Window.ID()] = &found[i]
	}
	return byID, nil
}

func appendControl(columns []*array, c *store.Control) {
	columns[0].text(c.Window.ID())
	columns[1].textOrNull(c.Source)
	columns[2].text(c.Producer)
	columns[3].time(c.From)
	columns[4].time(c.Until)
	columns[5].integer(c.Count)
	columns[6].bytes(jsonOf(store.AmountTexts(c.Amounts)))
	columns[7].bytes(c.Prints[:])
	columns[8].text(c.Queue)
	columns[9].text(c.Position)
	columns[10].textOrNull(c.EntryID)
	columns[11].time(c.RecordedAt)
}

func scanControl(row pgx.CollectableRow) (store.Control, error) {
	var c store.Control
	var id string
	var amounts map[payment.Currency]string
	err := row.Scan(&id, (*text)(&c.Source), &c.Producer, &c.From, &c.Until, &c.Count, &amounts, hash{(*[32]byte)(&c.Prints)},
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
	w.in("id", q.IDs)
	if !q.Since.IsZero() {
		w.add("window_until > ?", q.Since)
	}
	w.until("window_from", q.Until)
	if q.Source != nil {
		w.add("source IS NOT DISTINCT FROM nullif(?::text, '')", *q.Source)
	}
	l := list{store.List{Name: "control_totals", Order: q.Order}, "window_until", "id", controlColumns}
	return read(ctx, r, l, w, q.Limit, q.After, scanControl, func(c *store.Control) store.Place {
		return store.Place{Time: c.Until, ID: c.Window.ID()}
	})
}
