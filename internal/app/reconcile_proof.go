package app

import (
	"context"
	"time"

	"recibo/reconcile"
	"recibo/store"
)

// Windows says how windows are proved.
type Windows struct {
	Window
	Grace time.Duration // how long payments may come after their control total
	Limit int           // most windows that are told of; 0: the default
}

// WindowsProof is what the control totals say about what is recorded, and what
// a ledger or seed does, if there is one.
type WindowsProof struct {
	reconcile.WindowsResult
	Ledger *reconcile.Result `json:"ledger,omitempty"`
}

// ReconcileWindows proves the windows of the control totals from the database.
// With a ledger or seed it makes that comparison too, and names payments by it.
func (a *App) ReconcileWindows(ctx context.Context, w Windows) (WindowsProof, error) {
	s, err := a.readStore(ctx)
	if err != nil {
		return WindowsProof{}, err
	}
	defer s.Close()
	return a.proveWindows(ctx, s.Reader(), a.windowConfig(w))
}

func (a *App) windowConfig(w Windows) reconcile.WindowConfig {
	return reconcile.WindowConfig{Source: w.Source, Since: w.Since, Until: w.Until, Now: time.Now(), Grace: w.Grace,
		Decoding: a.decoding(), Examples: w.Limit}
}

// proveWindows makes the comparison with what was sent too, where that is known.
func (a *App) proveWindows(ctx context.Context, r store.Reader, c reconcile.WindowConfig) (proof WindowsProof, err error) {
	c.Reader = r
	if !a.knowsSent() {
		proof.WindowsResult, err = reconcile.RunWindows(ctx, c)
		return proof, err
	}
	sent, closeSent, err := a.sent()
	if err != nil {
		return proof, err
	}
	defer closeSent()
	compared := reconcile.Result{}
	proof.WindowsResult, compared, err = reconcile.RunBoth(ctx,
		reconcile.Config{Reader: r, Sent: sent, Source: c.Source, Since: c.Since, Until: c.Until}, c)
	proof.Ledger = &compared
	return proof, err
}

// knowsSent reports whether the settings say what was sent.
func (a *App) knowsSent() bool {
	return a.Config.Ledger != "" || a.Config.Seed != nil && a.Config.Count > 0
}

// CheckWindows is nil when every window is balanced or open, and so is the
// comparison with the ledger, if there was one.
func CheckWindows(p *WindowsProof) error {
	v := p.ByVerdict
	bad := v[reconcile.Missing] + v[reconcile.TooMany] + v[reconcile.Differs] + v[reconcile.Overlapping]
	switch {
	case p.Windows == 0:
		return answerNo("have the producers send control totals: recibo simulate --control 1m does, and docs/control-totals.md says how",
			"reconcile: no control total is recorded for this period, so nothing is proved")
	case bad > 0:
		tip := "recibo reconcile --windows --output json tells each window"
		if len(p.Examples) > 0 && len(p.Examples[0].Held.Entries) > 0 {
			tip = "recibo quarantine show " + p.Examples[0].Held.Entries[0] + " shows what waits"
		}
		return answerNo(tip, "reconcile: %d of %d windows do not balance: %d missing, %d too_many, %d differs, %d overlapping",
			bad, p.Windows, v[reconcile.Missing], v[reconcile.TooMany], v[reconcile.Differs], v[reconcile.Overlapping])
	case p.Ledger != nil:
		return CheckBalanced(*p.Ledger)
	}
	return nil
}
