package app

import (
	"bytes"
	"context"
	"errors"

	"recibo/quarantine"
	"recibo/redrive"
)

// Mended says what a mended body would become, and whether it was saved.
type Mended struct {
	EntryID       string                  `json:"entry_id"`
	Saved         bool                    `json:"saved"`
	Bytes         int                     `json:"bytes"`
	Fate          *redrive.FateKind       `json:"fate"` // null: the mended body was taken away
	Detail        *string                 `json:"detail"`
	FieldErrors   []quarantine.FieldError `json:"field_errors"`
	TransactionID *string                 `json:"transaction_id"`
	Amount        *string                 `json:"amount"`
	Currency      *string                 `json:"currency"`
	Mark          *Mark                   `json:"mark"` // where a malformed body breaks
}

// Mending is one entry on the desk.
type Mending struct {
	app   *App
	desk  *redrive.Desk
	close func()
	entry quarantine.Entry
	show  bool
}

// OpenMending reads an entry that is to be mended: it must be held.
func (a *App) OpenMending(ctx context.Context, id string, act Act, showAccounts bool) (*Mending, error) {
	d, closeDesk, err := a.desk(ctx, act)
	if err != nil {
		return nil, err
	}
	e, err := findEntry(ctx, d.Store.Reader(), id)
	if err == nil && e.State != quarantine.Held {
		err = answerNo(nextStep(&e), "entry %s: it is %s; only what is held can be mended", id, e.State)
	}
	if err != nil {
		closeDesk()
		return nil, err
	}
	return &Mending{app: a, desk: d, close: closeDesk, entry: e, show: showAccounts}, nil
}

// Close lets go of the store.
func (m *Mending) Close() { m.close() }

// Body is what there is to mend: the mended body, if there is one, else the
// original, as far as it was kept.
func (m *Mending) Body() []byte {
	if m.entry.MendedBody != nil {
		return m.entry.MendedBody
	}
	return m.entry.Body
}

// Detail says why the entry is held.
func (m *Mending) Detail() string { return string(m.entry.Reason) + ": " + m.entry.Detail }

// Try predicts what would become of a body, and saves nothing.
func (m *Mending) Try(ctx context.Context, body []byte) (Mended, error) {
	v := Mended{EntryID: m.entry.ID, Bytes: len(body), FieldErrors: []quarantine.FieldError{}}
	f, err := redrive.Predict(ctx, m.desk.Store.Reader(), body, m.app.decoding())
	if err != nil {
		return v, err
	}
	v.Fate, v.Detail, v.TransactionID = &f.Kind, some(f.Detail), some(f.TransactionID)
	v.FieldErrors = append(v.FieldErrors, f.FieldErrors...)
	maskFields(v.FieldErrors, m.show)
	if f.Amount != nil {
		v.Amount, v.Currency = some(f.Amount.Decimal()), some(string(f.Amount.Currency))
	}
	if f.Offset >= 0 {
		v.Mark = new(markAt(body, f.Offset, min(f.Offset+1, len(body))))
	}
	return v, nil
}

// Readable reports whether a recorder would take the body for a message: it is
// recorded, a duplicate, or in conflict.
func (v *Mended) Readable() bool {
	return v.Fate != nil && (!v.Fate.Held() || *v.Fate == redrive.FateKind(quarantine.Conflict))
}

// Save puts the body beside the original.
func (m *Mending) Save(ctx context.Context, body []byte) error {
	if len(body) > quarantine.MaxBody {
		return usage("make it smaller", "a mended body has at most %d bytes, not %d", quarantine.MaxBody, len(body))
	}
	if m.entry.MendedBody != nil && bytes.Equal(m.entry.MendedBody, body) {
		return nil // it stands already
	}
	return m.told(m.desk.Mend(ctx, &m.entry, body))
}

// Undo takes the mended body away.
func (m *Mending) Undo(ctx context.Context) error {
	if m.entry.MendedBody == nil {
		return answerNo("recibo quarantine show "+m.entry.ID+" shows it", "entry %s: it is not mended", m.entry.ID)
	}
	return m.told(m.desk.Mend(ctx, &m.entry, nil))
}

func (m *Mending) told(err error) error {
	if lost, ok := errors.AsType[*redrive.LostError](err); ok {
		return answerNo("look at it again: recibo quarantine show "+m.entry.ID+" --body", "mend: entry %s: somebody was faster: %s", m.entry.ID, lost.Words())
	}
	return err
}

// Unreadable is the answer when a mended body is no message yet.
func Unreadable(v Mended) error {
	tip := "correct it, or save it nevertheless with --force"
	if v.Mark == nil && len(v.FieldErrors) > 0 && v.FieldErrors[0].Hint != "" {
		tip = v.FieldErrors[0].Field + ": " + v.FieldErrors[0].Hint
	}
	return answerNo(tip, "mend: not saved, for it would be held again: %s: %s", *v.Fate, text(v.Detail))
}

func text(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
