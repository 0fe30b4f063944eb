package cli

import (
	"fmt"
	"reflect"
	"time"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

// watchEvery is how often status --watch looks.
const watchEvery = 2 * time.Second

func (e *environment) status() *cobra.Command {
	var check, watch bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show totals, the quarantine, what waits in the queue, and outages.",
		Long: "With --check it exits with 1 when an outage is open or a threshold is passed, for cron and probes. What the queue\n" +
			"cannot tell is unknown, in JSON null.",
		Example: "  recibo status --check --max-held 100",
		Args:    none,
	}
	cmd.Flags().BoolVar(&check, "check", false, "exit with 1 on an open outage or over a threshold")
	cmd.Flags().BoolVar(&watch, "watch", false, "show it again on every change, until stopped")
	cmd.MarkFlagsMutuallyExclusive("check", "watch")
	return e.with(cmd, settings{names: join([]string{"queue", "queue-password-file"}, storeSettings,
		[]string{"wait", "max-held", "max-ready", "max-age", "output"})},
		func(cmd *cobra.Command, a *app.App, _ []string) error {
			if watch {
				return e.watchStatus(cmd, a)
			}
			s, err := a.Status(cmd.Context())
			if err != nil {
				return err
			}
			if err := e.result(a.Config.Output, s, func() [][]string { return statusRows(s) }); err != nil || !check {
				return err
			}
			return a.CheckStatus(s)
		})
}

// watchStatus redraws on a terminal; elsewhere it writes a line per change.
func (e *environment) watchStatus(cmd *cobra.Command, a *app.App) error {
	var last *app.Status
	return a.WatchStatus(cmd.Context(), watchEvery, func(s app.Status) error {
		if last != nil && reflect.DeepEqual(*last, s) {
			return nil
		}
		last = &s
		switch {
		case a.Config.Output == config.JSON:
			if err := e.printJSON(s); err != nil {
				return err
			}
		case e.stdoutTerminal:
			fmt.Fprint(e.out, "\x1b[H\x1b[J")
			return e.result(a.Config.Output, s, func() [][]string { return statusRows(s) })
		default:
			fmt.Fprintf(e.out, "payments %s  duplicates %s  held %s  ready %s  in flight %s  open outages %s\n",
				number(s.Payments.Count), number(s.Duplicates), number(s.Quarantine.Held),
				maybeNumber(s.Queue.Ready), maybeNumber(s.Queue.InFlight), number(s.Outages.Open))
		}
		return e.out.Flush()
	})
}

func statusRows(s app.Status) [][]string {
	rows := [][]string{
		{"payments", number(s.Payments.Count), money(s.Payments.Amount)},
		{"duplicates", number(s.Duplicates)},
	}
	if s.Controls > 0 {
		rows = append(rows, []string{"control totals", number(s.Controls)})
	}
	return append(rows, [][]string{
		{"quarantine", number(s.Quarantine.Held) + " held", byReason(s.Quarantine.ByReason)},
		{"", number(s.Quarantine.Redriven) + " redriven", ""},
		{"", number(s.Quarantine.Resolved) + " resolved", ""},
		{"", number(s.Quarantine.Discarded) + " discarded", ""},
		{"queue", maybeNumber(s.Queue.Ready) + " ready", maybeNumber(s.Queue.InFlight) + " in flight", "oldest " + maybeMilliseconds(s.Queue.OldestAgeMS)},
		{"outages", number(s.Outages.Open) + " open", number(s.Outages.Total) + " in all"},
	}...)
}
