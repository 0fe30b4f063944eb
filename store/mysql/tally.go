package mysql

import (
	"context"
	"fmt"

	"recibo/store"
)

const tallyColumns = "writer, hour, fate, reason, currency, method, count, amount"

// Tally adds counts and amounts. It is sent with what follows, at the latest
// with COMMIT, whose error then is the one of the tally. Amounts are text, and
// added as decimals of the digits that their currency has: one statement for
// each number of digits, which is one as a rule.
func (t *tx) Tally(_ context.Context, lines []store.TallyLine) error {
	op := fmt.Sprintf("tally %d lines", len(lines))
	byDecimals := map[int]*statement{}
	for i := range lines {
		l := &lines[i]
		decimals, _ := l.Currency.Decimals()
		s := byDecimals[decimals]
		if s == nil {
			s = &statement{}
			s.sql("INSERT INTO tally (" + tallyColumns + ") VALUES ")
			byDecimals[decimals] = s
		} else {
			s.sql(",")
		}
		s.sql("(")
		s.text(l.Writer)
		s.time(l.Hour)
		s.text(string(l.Fate))
		s.text(string(l.Reason))
		s.text(string(l.Currency))
		s.text(l.Method)
		s.integer(l.Count)
		s.text(l.Amount.Decimal(l.Currency)) // may outgrow 64 bits
		s.sql(")")
	}
	for decimals := range maxDecimals + 1 {
		if s := byDecimals[decimals]; s != nil {
			s.sql(fmt.Sprintf(" ON DUPLICATE KEY UPDATE count = count + VALUES(count),"+
				" amount = CAST(amount AS DECIMAL(%[1]d,%[2]d)) + CAST(VALUES(amount) AS DECIMAL(%[1]d,%[2]d))", totalDigits, decimals))
			t.later(s.request(op, inGeneral))
		}
	}
	return nil
}

const (
	maxDecimals = 4  // the most that a currency has
	totalDigits = 44 // a Total has 39, and four more behind the point
)

// Outage writes the outage, or replaces what stands under its id. It is sent
// with what follows, as a tally is.
func (t *tx) Outage(_ context.Context, o store.Outage) error {
	var s statement
	s.sql("INSERT INTO outages (" + outageRow + ") VALUES (")
	s.text(o.ID)
	s.text(o.Recorder)
	s.text(string(o.Component))
	s.text(o.Target)
	s.time(o.BeganAt)
	s.time(o.SeenAt)
	s.timeOrNull(o.EndedAt)
	s.integer(o.Attempts)
	s.text(o.LastError)
	s.textOrNull(o.ClosedBy)
	s.sql(")")
	s.replace(outageRow)
	t.later(s.request("write an outage", inGeneral))
	return nil
}
