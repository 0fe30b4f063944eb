package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/simulator"
)

func (e *environment) simulate() *cobra.Command {
	return e.with(&cobra.Command{
		Use:   "simulate",
		Short: "Generate fake payments, some of them faulty on purpose, and publish them.",
		Long: "Without --count and --duration it goes on until stopped. The same seed, start and faults give the same bytes, so that\n" +
			"recibo reconcile can make them again; --ledger keeps what was sent for the same end.",
		Example: "  recibo simulate --count 20000 --seed 1 --rate 2000/s",
		Args:    none,
	}, settings{names: join(queueSettings, []string{"wait", "count", "duration", "rate", "seed", "start", "faults", "control", "ledger",
		"drain-timeout", "output", "progress"}),
	}, func(cmd *cobra.Command, a *app.App, _ []string) error {
		p := e.progress(a.Config.Progress)
		r, err := a.Simulate(cmd.Context(), func(r simulator.Result) { p.show(simulateLine(r, a.Config.Count)) })
		if err != nil && r.Sent == 0 {
			return err
		}
		printErr := e.result(a.Config.Output, r, func() [][]string { return simulateRows(r) })
		if err == nil {
			err = printErr
		}
		if err == nil {
			err = a.CheckSimulated(r)
		}
		return err
	})
}

func simulateRows(r simulator.Result) [][]string {
	rows := [][]string{
		{"seed", fmt.Sprint(r.Seed)},
		{"sent", number(r.Sent)},
		{"in doubt", number(r.InDoubt)},
		{"unique", number(r.Unique)},
		{"duplicate", number(r.Duplicate)},
		{"conflict", number(r.Conflict)},
		{"malformed", number(r.Malformed)},
		{"invalid", number(r.Invalid)},
		{"too large", number(r.TooLarge)},
	}
	if r.ControlTotals > 0 || r.ControlTotalsUnsent > 0 {
		rows = append(rows, []string{"control totals", number(r.ControlTotals)})
	}
	if r.ControlTotalsUnsent > 0 {
		rows = append(rows, []string{"control totals unsent", number(r.ControlTotalsUnsent)})
	}
	return append(rows, [][]string{
		{"elapsed", milliseconds(r.ElapsedMS)},
		{"per second", number(r.PerSecond)},
	}...)
}

func simulateLine(r simulator.Result, count int64) string {
	line := fmt.Sprintf("%s/s  sent %s", number(r.PerSecond), number(r.Sent))
	if count > 0 {
		line += " of " + number(count)
	}
	if count > r.Sent && r.PerSecond > 0 {
		line += "  left " + milliseconds((count-r.Sent)*1000/r.PerSecond)
	}
	return line
}
