package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"recibo/quarantine"
	"recibo/store"
)

// maxReceipt bounds a file that is read as a receipt, in bytes.
const maxReceipt = 4 << 20

// Verification is what became of a receipt. Verified means that the file is as
// it was written, and that every figure is found again in the database.
type Verification struct {
	Verified    bool             `json:"verified"`
	Altered     bool             `json:"altered"` // the file is not as it was written: nothing was looked up then
	MadeAt      string           `json:"made_at"`
	Store       string           `json:"store"` // that the receipt was made of
	Verdict     ReceiptVerdict   `json:"verdict"`
	Differences []FigureMismatch `json:"differences"`
	Notes       []string         `json:"notes"` // what changed since, as it should
}

// FigureMismatch is a figure that the database does not bear out.
type FigureMismatch struct {
	Figure   string `json:"figure"` // the path in the receipt's JSON
	Receipt  string `json:"receipt"`
	Database string `json:"database"`
	Meaning  string `json:"meaning"`
}

// VerifyReceipt checks a receipt against itself and against the database as it
// is now. A file that is no receipt is a *UsageError.
func (a *App) VerifyReceipt(ctx context.Context, path string) (Verification, error) {
	text, err := readReceipt(path)
	if err != nil {
		return Verification{}, err
	}
	r, intact, err := parseReceipt(text)
	if err != nil {
		return Verification{}, usage("name a FILE that recibo reconcile --receipt FILE wrote", "receipt %s: %w", path, err)
	}
	v := Verification{MadeAt: r.MadeAt, Store: r.Store, Verdict: r.Verdict, Differences: []FigureMismatch{}, Notes: []string{}}
	if !intact {
		v.Altered = true
		return v, nil
	}
	s, err := a.readStore(ctx)
	if err != nil {
		return v, err
	}
	defer s.Close()
	// The ledger may not be at hand. What it was compared with is: the sum of the
	// fingerprints tells any change of the rows.
	now, _, err := (&App{Config: a.withoutSent(), Log: a.Log}).gather(ctx, s.Reader(), emptied(r))
	if err != nil {
		return v, err
	}
	v.compare(&r, &now)
	if err := v.compareHeld(ctx, s.Reader(), &r); err != nil {
		return v, err
	}
	if here := a.Config.Store.String(); here != r.Store {
		v.note("the receipt is of %s, and was compared with %s", r.Store, here)
	}
	v.Verified = len(v.Differences) == 0
	return v, nil
}

func readReceipt(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", usage("name a FILE that recibo reconcile --receipt FILE wrote", "receipt %s: %s", path, plainReason(err))
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxReceipt+1))
	switch {
	case err != nil:
		return "", usage("check the file", "receipt %s: %s", path, plainReason(err))
	case len(text) > maxReceipt:
		return "", usage("name a FILE that recibo reconcile --receipt FILE wrote", "receipt %s: %w", path, errNoReceipt)
	}
	return string(text), nil
}

// CheckReceipt is nil when the receipt was verified.
func CheckReceipt(path string, v *Verification) error {
	switch {
	case v.Altered:
		return answerNo("ask for the file as it was written", "receipt %s: the file was altered", path)
	case !v.Verified:
		var figures []string
		for _, d := range v.Differences {
			figures = append(figures, d.Figure)
		}
		return answerNo("recibo reconcile --windows names the windows, and with --ledger FILE the payments",
			"receipt %s: the file is as it was written, and the database says otherwise about %s", path, strings.Join(figures, ", "))
	}
	return nil
}

func (v *Verification) note(format string, args ...any) {
	v.Notes = append(v.Notes, fmt.Sprintf(format, args...))
}

func (v *Verification) differs(figure, receipt, database, meaning string) {
	v.Differences = append(v.Differences, FigureMismatch{figure, receipt, database, meaning})
}

// compareHeld looks where the entries are now that waited then.
func (v *Verification) compareHeld(ctx context.Context, r store.Reader, receipt *Receipt) error {
	ids := make([]string, len(receipt.Held.Entries))
	for i, e := range receipt.Held.Entries {
		ids[i] = e.ID
	}
	if len(ids) > mostListed {
		return errors.New("it lists more entries than receipts do")
	}
	entries, err := entriesByID(ctx, r, ids)
	if err != nil {
		return err
	}
	since := map[quarantine.State]int{}
	for _, was := range receipt.Held.Entries {
		e := entries[was.ID]
		switch {
		case e == nil:
			v.differs("held.entries."+was.ID, string(was.State), "absent", "an entry that waited is not there any more: it was purged or deleted")
		case e.State == quarantine.Resolved || e.State == quarantine.Discarded:
			since[e.State]++
		}
	}
	for _, state := range []quarantine.State{quarantine.Resolved, quarantine.Discarded} {
		if n := since[state]; n > 0 {
			v.note("%d of the %d entries listed as waiting %s %s since", n, len(ids), map[bool]string{true: "was", false: "were"}[n == 1], state)
		}
	}
	return nil
}
