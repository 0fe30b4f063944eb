package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// ReceiptRequest says which receipt is to be made.
type ReceiptRequest struct {
	Windows
	File     string
	Force    bool   // replace it
	Language string // of ReceiptLanguages; empty: that of the environment
}

// MadeReceipt is a receipt that was written, and what it is made of.
type MadeReceipt struct {
	WindowsProof
	Receipt ReceiptFile `json:"receipt"`
}

// ReceiptFile names a receipt that was written.
type ReceiptFile struct {
	File    string         `json:"file"`
	SHA256  string         `json:"sha256"`
	Verdict ReceiptVerdict `json:"verdict"`
}

// MakeReceipt compares what is recorded with the control totals, and with the
// ledger or seed if there is one, and writes the answer to a file: whole, on
// disk, readable by the user alone, or not at all.
func (a *App) MakeReceipt(ctx context.Context, q ReceiptRequest) (made MadeReceipt, err error) {
	words, err := receiptWords(q.Language)
	if err != nil {
		return made, err
	}
	r := Receipt{Version: receiptVersion, Language: words.code, MadeAt: stamp(moment()), Program: "recibo " + BuildInfo().Version,
		Store: a.Config.Store.String(), Source: some(q.Source), GraceMS: q.Grace.Milliseconds()}
	if !q.Since.IsZero() {
		r.Since = some(stamp(q.Since))
	}
	if !q.Until.IsZero() {
		r.Until = some(stamp(q.Until))
	}
	if r.Sent, err = a.basis(); err != nil {
		return made, err
	}
	err = WriteFile(q.File, q.Force, func(w io.Writer) error {
		s, err := a.readStore(ctx)
		if err != nil {
			return err
		}
		defer s.Close()
		if r, made.WindowsProof, err = a.gather(ctx, s.Reader(), r); err != nil {
			return err
		}
		if q.Limit > 0 {
			made.Examples = made.Examples[:min(len(made.Examples), q.Limit)] // the receipt has room for more
		}
		text, sum := renderReceipt(&r)
		made.Receipt = ReceiptFile{File: q.File, SHA256: sum, Verdict: r.Verdict}
		_, err = io.WriteString(w, text)
		return err
	})
	return made, err
}

// basis is what the settings say about what was sent, nil if nothing.
func (a *App) basis() (*Basis, error) {
	c := a.Config
	switch {
	case c.Ledger != "":
		f, err := os.Open(c.Ledger)
		if err != nil {
			return nil, noLedger(err)
		}
		defer f.Close()
		sum := sha256.New()
		if _, err := io.Copy(sum, f); err != nil {
			return nil, noLedger(err)
		}
		return &Basis{Ledger: filepath.Base(c.Ledger), SHA256: hex.EncodeToString(sum.Sum(nil))}, nil
	case a.knowsSent():
		return &Basis{Seed: c.Seed, Start: stamp(c.Start), Count: c.Count, Faults: c.Faults}, nil
	}
	return nil, nil
}

func noLedger(err error) error {
	return usage("write the FILE that recibo simulate --ledger FILE made", "ledger: %w", err)
}

// LanguageOf is the receipt's language that fits the environment: LC_ALL goes
// before LC_MESSAGES, that before LANG.
func LanguageOf(getenv func(string) string) string {
	for _, name := range []string{"LC_ALL", "LC_MESSAGES", "LANG"} {
		if v := getenv(name); v != "" {
			if strings.HasPrefix(v, "pt") {
				return "pt"
			}
			return "en"
		}
	}
	return "en"
}

// ReceiptLanguages are those that receipts can be written in.
func ReceiptLanguages() []string { return []string{english.code, portuguese.code} }

func receiptWords(language string) (*words, error) {
	i := slices.Index(ReceiptLanguages(), language)
	if i < 0 {
		return nil, usage("write en or pt", "flag --lang: %q is not one of en, pt", language)
	}
	return []*words{english, portuguese}[i], nil
}
