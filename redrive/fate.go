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
	f := Fate{Kind: FateKind(r.bad.Reason), Detail: r.bad.Detail, Offset: r.bad.Offset,
		TransactionID: r.transactionID, Amount: r.amount}
	for _, x := range r.bad.Faults {
		f.FieldErrors = append(f.FieldErrors, quarantine.FieldError{Field: x.Field, Code: string(x.Code), Value: x.Value, Hint: x.Hint})
	}
	return f
}

func fateOf(r *reading, stands *standing) Fate {
	f := Fate{Kind: WillRecord, Offset: -1, TransactionID: r.transactionID, Amount: r.amount}
	differences, recorded := stands.diff(r)
	if recorded {
		f.Kind = WillDuplicate
	}
	for i, d := range differences {
		f.Kind = FateKind(quarantine.Conflict)
		f.FieldErrors = append(f.FieldErrors, quarantine.FieldError{Field: d.Field, Code: quarantine.CodeDiffers, Value: d.Arrived, Recorded: d.Recorded})
		f.Detail += [...]string{"it is recorded with another ", ", "}[min(i, 1)] + d.Field
	}
	return f
}
