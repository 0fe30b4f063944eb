package app

import (
	"time"

	"recibo/payment"
	"recibo/quarantine"
	"recibo/reconcile"
	"recibo/store"
)

// receiptVersion is of the form and the words of receipts. Those of a version
// never change: what is printed must follow from the figures for ever.
const receiptVersion = 1

// What a receipt lists at most. It counts all.
const (
	mostListed        = 1000 // entries, and payments that came by redrive
	mostListedOutages = 100
	mostListedWindows = 50
)

// Receipt is the machine part of a completeness receipt: what was compared, and
// every figure. Account numbers are not among them.
type Receipt struct {
	Version  int    `json:"recibo_receipt"`
	Language string `json:"language"`
	MadeAt   string `json:"made_at"` // what was recorded until then counts
	Program  string `json:"program"`
	Store    string `json:"store"` // passwords masked

	Source  *string `json:"source"` // null: of every source
	Since   *string `json:"since"`
	Until   *string `json:"until"`
	GraceMS int64   `json:"grace_ms"`
	Sent    *Basis  `json:"sent"` // null: nothing but control totals says what was sent

	Payments   ReceiptPayments   `json:"payments"`
	Duplicates int64             `json:"duplicates"` // in the whole database
	Controls   ReceiptControls   `json:"control_totals"`
	Compared   *reconcile.Result `json:"compared"`
	Held       ReceiptHeld       `json:"held"`
	Redriven   ReceiptRedriven   `json:"redriven"`
	Outages    ReceiptOutages    `json:"outages"`
	Verdict    ReceiptVerdict    `json:"verdict"`
}

// Basis says by what it is known which messages were sent: a ledger, or what a
// simulator makes of a seed.
type Basis struct {
	Ledger string  `json:"ledger,omitempty"` // the name of its file
	SHA256 string  `json:"sha256,omitempty"` // of that file
	Seed   *uint64 `json:"seed,omitempty"`
	Start  string  `json:"start,omitempty"`
	Count  int64   `json:"count,omitempty"`
	Faults string  `json:"faults,omitempty"`
}

// ReceiptPayments is what is recorded: of the period, until the receipt's
// moment.
type ReceiptPayments struct {
	Count   int64             `json:"count"`
	Amounts map[string]string `json:"amounts"`
	Prints  string            `json:"prints"` // the sum of the fingerprints, of the rows as they stand
}

// ReceiptControls is what the control totals of the period say.
type ReceiptControls struct {
	Count     int64                       `json:"count"`
	SHA256    string                      `json:"sha256"` // of their messages, a line each, the latest first
	Windows   int64                       `json:"windows"`
	ByVerdict map[reconcile.Verdict]int64 `json:"by_verdict"`
	Uncovered int64                       `json:"uncovered"` // payments that no window covers
	Mended    int64                       `json:"mended"`    // payments out of quarantine that no control total counts
	Examples  []ReceiptWindow             `json:"examples"`  // windows that are not balanced
}

// ReceiptWindow is a window that is not balanced.
type ReceiptWindow struct {
	Source     *string              `json:"source"`
	From       string               `json:"from"`
	Until      string               `json:"until"`
	Verdict    reconcile.Verdict    `json:"verdict"`
	Difference reconcile.Difference `json:"difference"`
	Payments   []reconcile.Example  `json:"payments"`
}

// ReceiptHeld is what waits in quarantine and belongs to the period, or does not
// tell whether it does.
type ReceiptHeld struct {
	Count    int64                       `json:"count"`
	Unplaced int64                       `json:"unplaced"` // of them, those that do not tell
	ByReason map[quarantine.Reason]int64 `json:"by_reason"`
	Entries  []ReceiptEntry              `json:"entries"` // the first 1000
}

// ReceiptEntry is one of them.
type ReceiptEntry struct {
	ID       string            `json:"id"`
	Reason   quarantine.Reason `json:"reason"`
	State    quarantine.State  `json:"state"`
	Amount   *string           `json:"amount"`
	Currency *string           `json:"currency"`
}

// ReceiptRedriven is payments of the period that came out of quarantine.
type ReceiptRedriven struct {
	Count    int64            `json:"count"`
	Mended   int64            `json:"mended"`   // of them, those of which somebody mended the message
	Payments []ReceiptRedrive `json:"payments"` // the first 1000
}

// ReceiptRedrive is one of them.
type ReceiptRedrive struct {
	ID     string `json:"id"` // the transaction_id
	Entry  string `json:"entry_id"`
	Mended bool   `json:"mended"`
}

// ReceiptOutages is when queue or database did not answer in the period.
type ReceiptOutages struct {
	Count   int64           `json:"count"`
	Outages []ReceiptOutage `json:"outages"` // the latest 100
}

// ReceiptOutage is one of them.
type ReceiptOutage struct {
	ID        string          `json:"id"`
	Component store.Component `json:"component"`
	BeganAt   string          `json:"began_at"`
	EndedAt   *string         `json:"ended_at"`
}

// ReceiptVerdict is the answer in one word.
type ReceiptVerdict string

// The verdicts.
const (
	ReceiptComplete   ReceiptVerdict = "complete"   // all that was counted or sent is recorded or held, and nothing else
	ReceiptIncomplete ReceiptVerdict = "incomplete" // something is missing, too many or different
	ReceiptOpen       ReceiptVerdict = "open"       // all that was counted is there; not all was counted, or is to be there yet
	ReceiptUnproven   ReceiptVerdict = "unproven"   // nothing says what there should be
)

// verdict follows from the figures.
func (r *Receipt) verdict() ReceiptVerdict {
	v, compared := r.Controls.ByVerdict, r.Compared
	switch {
	case v[reconcile.Missing]+v[reconcile.TooMany]+v[reconcile.Differs]+v[reconcile.Overlapping] > 0,
		compared != nil && !compared.Balanced:
		return ReceiptIncomplete
	case compared == nil && r.Controls.Windows == 0:
		return ReceiptUnproven
	case compared == nil && v[reconcile.Open] > 0:
		return ReceiptOpen
	}
	return ReceiptComplete
}

// window is what the receipt is about.
func (r *Receipt) windows() (w Windows, moment time.Time, err error) {
	if r.Source != nil {
		w.Source = *r.Source
	}
	for _, t := range []struct {
		text *string
		into *time.Time
	}{{r.Since, &w.Since}, {r.Until, &w.Until}, {&r.MadeAt, &moment}} {
		if t.text == nil {
			continue
		}
		if *t.into, err = time.Parse(payment.TimeLayout, *t.text); err != nil {
			return w, moment, err
		}
	}
	w.Grace, w.Limit = time.Duration(r.GraceMS)*time.Millisecond, mostListedWindows
	return w, moment, nil
}
