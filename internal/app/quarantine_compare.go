package app

import (
	"context"
	"errors"
	"slices"
	"unicode/utf8"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// Mark is a place in a body where something is wrong: bytes from Offset up to
// End. Line and column count from 1, columns in characters.
type Mark struct {
	Field  *string `json:"field"` // null: the syntax breaks there
	Offset int     `json:"offset"`
	End    int     `json:"end"`
	Line   int     `json:"line"`
	Column int     `json:"column"`
}

// marks finds what is wrong in a body, as the recorder would read it now.
func (a *App) marks(e *quarantine.Entry) []Mark {
	marks := []Mark{}
	if e.Truncated {
		return marks
	}
	_, err := wire.Read(e.Body, a.decoding())
	bad, ok := errors.AsType[*wire.Error](err)
	switch {
	case !ok:
	case bad.Reason == wire.Malformed:
		marks = append(marks, markAt(e.Body, bad.Offset, min(bad.Offset+1, len(e.Body))))
	case bad.Reason == wire.Invalid:
		found := wire.Locate(e.Body)
		for _, f := range bad.Faults {
			if s, ok := found[f.Field]; ok {
				m := markAt(e.Body, s.Start, s.End)
				m.Field = new(f.Field)
				marks = append(marks, m)
			}
		}
		slices.SortFunc(marks, func(a, b Mark) int { return a.Offset - b.Offset })
	}
	return marks
}

func markAt(body []byte, from, to int) Mark {
	m := Mark{Offset: from, End: to, Line: 1, Column: 1}
	before := body[:from]
	for len(before) > 0 {
		r, size := utf8.DecodeRune(before)
		before = before[size:]
		if m.Column++; r == '\n' {
			m.Line, m.Column = m.Line+1, 1
		}
	}
	return m
}

// Comparison sets what is recorded beside what arrived.
type Comparison struct {
	Fields           []ComparedField `json:"fields"`            // the differing ones first
	AmountDifference *string         `json:"amount_difference"` // arrived less recorded; null in two currencies
	Currency         *string         `json:"currency"`
	RecordedAt       *string         `json:"recorded_at"` // null: nothing is recorded under this id now
	Queue            *string         `json:"queue"`       // where the recorded one came from
	Position         *string         `json:"position"`
}

// ComparedField is one field of both.
type ComparedField struct {
	Field    string  `json:"field"`
	Recorded *string `json:"recorded"`
	Arrived  *string `json:"arrived"`
	Differs  bool    `json:"differs"`
}

// compareConflict reads what stands in the way of an entry; nil when its body
// cannot be read.
func (a *App) compareConflict(ctx context.Context, r store.Reader, e *quarantine.Entry, showAccounts bool) (*Comparison, error) {
	m, err := wire.Read(e.Body, a.decoding())
	if err != nil {
		return nil, nil // what is wrong with it is told elsewhere
	}
	if m.Control != nil {
		return compareControl(ctx, r, m.Control)
	}
	page, err := r.Payments(ctx, store.PaymentQuery{IDs: []string{m.Event.TransactionID}})
	if err != nil {
		return nil, err
	}
	if len(page.Items) == 0 {
		return &Comparison{Fields: comparedFields(nil, &m.Event, showAccounts)}, nil
	}
	p := &page.Items[0]
	c := &Comparison{Fields: comparedFields(&p.Event, &m.Event, showAccounts),
		RecordedAt: some(stamp(p.RecordedAt)), Queue: some(p.Queue), Position: some(p.Position)}
	if currency := p.Amount.Currency; currency == m.Event.Amount.Currency {
		c.AmountDifference = new(difference(m.Event.Amount.Minor-p.Amount.Minor, currency))
		c.Currency = some(string(currency))
	}
	return c, nil
}

// difference writes an amount that may be negative, or zero.
func difference(minor int64, currency payment.Currency) string {
	sign := "+"
	if minor < 0 {
		sign, minor = "-", -minor
	}
	if minor == 0 {
		sign = ""
	}
	return sign + payment.Money{Minor: minor, Currency: currency}.Decimal()
}

// eventFields are the fields that a conflict is about.
var eventFields = []struct {
	name  string
	value func(*payment.Event) string
}{
	{payment.FieldTransactionID, func(e *payment.Event) string { return e.TransactionID }},
	{payment.FieldAmount, func(e *payment.Event) string { return e.Amount.Decimal() }},
	{payment.FieldCurrency, func(e *payment.Event) string { return string(e.Amount.Currency) }},
	{payment.FieldPayerAccount, func(e *payment.Event) string { return e.PayerAccount }},
	{payment.FieldPayeeAccount, func(e *payment.Event) string { return e.PayeeAccount }},
	{payment.FieldOccurredAt, func(e *payment.Event) string { return stamp(e.OccurredAt) }},
	{payment.FieldMethod, func(e *payment.Event) string { return e.Method }},
}

func comparedFields(recorded, arrived *payment.Event, showAccounts bool) []ComparedField {
	var same, differing []ComparedField
	for _, f := range eventFields {
		c := ComparedField{Field: f.name, Arrived: new(f.value(arrived))}
		if recorded != nil {
			c.Recorded = new(f.value(recorded))
			c.Differs = *c.Recorded != *c.Arrived
		}
		if !showAccounts && isAccount(f.name) {
			for _, account := range []*string{c.Recorded, c.Arrived} {
				if account != nil {
					*account = MaskAccount(*account)
				}
			}
		}
		if c.Differs {
			differing = append(differing, c)
		} else {
			same = append(same, c)
		}
	}
	return append(differing, same...)
}

// compareControl compares control totals of one window.
func compareControl(ctx context.Context, r store.Reader, arrived *payment.ControlTotal) (*Comparison, error) {
	page, err := store.ReadControls(r).Controls(ctx, store.ControlQuery{IDs: []string{arrived.Window.ID()}})
	if err != nil {
		return nil, err
	}
	c := &Comparison{Fields: []ComparedField{}}
	if len(page.Items) == 0 {
		return c, nil
	}
	stands := &page.Items[0]
	c.RecordedAt, c.Queue, c.Position = some(stamp(stands.RecordedAt)), some(stands.Queue), some(stands.Position)
	for _, d := range payment.DiffControl(&stands.ControlTotal, arrived) {
		c.Fields = append(c.Fields, ComparedField{Field: d.Field, Recorded: some(d.Recorded), Arrived: some(d.Arrived), Differs: true})
	}
	return c, nil
}
