package redrive

import (
	"context"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/store"
	"recibo/wire"
)

// Fate predicts what a recorder would make of a body.
type Fate struct {
	Kind          FateKind
	Detail        string // one sentence; never holds values
	Offset        int    // where a malformed body breaks; else -1
	FieldErrors   []quarantine.FieldError
	TransactionID string         // when it could be read
	Amount        *payment.Money // when it could be read
}

// FateKind is recorded, duplicate, or the reason for which the body would be
// held.
type FateKind string

// The fates that are no reasons of the quarantine.
const (
	WillRecord    FateKind = "recorded"
	WillDuplicate FateKind = "duplicate"
)

// Held reports whether the body would be held.
func (k FateKind) Held() bool { return k != WillRecord && k != WillDuplicate }

// Predict decodes, validates and compares a body as a recorder would, and
// writes nothing. What the database itself will refuse it cannot know.
func Predict(ctx context.Context, r store.Reader, body []byte, o wire.Options) (Fate, error) {
	seen := read(body, o)
	if seen.bad != nil {
		return badFate(&seen), nil
	}
	stands, err := lookUp(ctx, r, []reading{seen})
	if err != nil {
		return Fate{}, err
	}
	return fateOf(&seen, &stands), nil
}

func badFate(r *reading) Fate {
	return Fate{Kind: FateKind(r.bad.Reason), Detail: r.bad.Detail, Offset: r.bad.Offset,
		FieldErrors: quarantine.FaultFields(r.bad.Faults), TransactionID: r.transactionID, Amount: r.amount}
}

func fateOf(r *reading, stands *standing) Fate {
	f := Fate{Kind: WillRecord, Offset: -1, TransactionID: r.transactionID, Amount: r.amount}
	switch differences, recorded := stands.diff(r); {
	case len(differences) > 0:
		f.Kind, f.Detail = FateKind(quarantine.Conflict), quarantine.ConflictDetail(r.Control != nil, differences)
		f.FieldErrors = quarantine.DifferenceFields(differences)
	case recorded:
		f.Kind = WillDuplicate
	}
	return f
}
