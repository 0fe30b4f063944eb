package postgres

import (
	"context"
	"fmt"

	"recibo/store"
)

var tallyTypes = []uint32{typeText, typeTime, typeText, typeText, typeText, typeText, typeInteger, typeText}

const tallyColumns = "writer, hour, fate, reason, currency, method, count, amount"

var (
	tallyStatement = newStatement("tally", `INSERT INTO tally (`+tallyColumns+`)
		SELECT writer, hour, fate, reason, currency, method, count, amount::numeric
		FROM unnest($1::text[], $2::timestamptz[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::text[])
			AS u (`+tallyColumns+`)
		ON CONFLICT (writer, hour, fate, reason, currency, method)
		DO UPDATE SET count = tally.count + excluded.count, amount = tally.amount + excluded.amount`)

	outageStatement = newStatement("outage", `INSERT INTO outages (`+outageRow+`)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
		ON CONFLICT (id) DO UPDATE SET recorder = excluded.recorder, component = excluded.component, target = excluded.target,
			began_at = excluded.began_at, seen_at = excluded.seen_at, ended_at = excluded.ended_at,
			attempts = excluded.attempts, last_error = excluded.last_error, closed_by = excluded.closed_by`)
)

// Tally adds counts and amounts. It is sent with what follows, at the latest
// with COMMIT, whose error then is the one of the tally.
func (t *tx) Tally(_ context.Context, lines []store.TallyLine) error {
	if len(lines) == 0 {
		return nil
	}
	columns := t.arrays(tallyTypes)
	for i := range lines {
		l := &lines[i]
		columns[0].text(l.Writer)
		columns[1].time(l.Hour)
		columns[2].text(string(l.Fate))
		columns[3].text(string(l.Reason))
		columns[4].text(string(l.Currency))
		columns[5].text(l.Method)
		columns[6].integer(l.Count)
		columns[7].text(l.Amount.Decimal(l.Currency)) // may outgrow 64 bits
	}
	t.later(request{op: fmt.Sprintf("tally %d lines", len(lines)), statement: tallyStatement, params: values(columns)})
	return nil
}

// Outage writes the outage, or replaces what stands under its id. It is sent
// with what follows, as a tally is.
func (t *tx) Outage(_ context.Context, o store.Outage) error {
	t.later(request{op: "write an outage", statement: outageStatement, params: [][]byte{
		textParam(o.ID), textParam(o.Recorder), textParam(string(o.Component)), textParam(o.Target),
		timeParam(o.BeganAt), timeParam(o.SeenAt), timeOrNullParam(o.EndedAt),
		integerParam(o.Attempts), textParam(o.LastError), textOrNullParam(o.ClosedBy)}})
	return nil
}
