package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/recorder"
)

func (e *environment) record() *cobra.Command {
	return e.with(&cobra.Command{
		Use:   "record",
		Short: "Record payments from the queue into the database, until stopped.",
		Long: "Every message ends as a payment, as a duplicate of one, or in quarantine with the reason. Outages of queue and\n" +
			"database are waited for. Ctrl-C or SIGTERM finishes what is in hand; a second one stops at once.",
		Example: "  recibo record --until-idle 2s",
		Args:    none,
	}, settings{
		names: join(queueSettings, storeSettings, []string{"wait", "migrate", "allow-standalone", "writers", "batch", "until-idle",
			"drain-timeout", "max-event-bytes", "dead-letters", "timezone", "output", "progress"}),
		defaults: map[string]string{"wait": "forever"},
	}, func(cmd *cobra.Command, a *app.App, _ []string) error {
		p := e.progress(a.Config.Progress)
		var show func(app.RecordProgress)
		if p.wanted() {
			show = func(r app.RecordProgress) { p.show(recordLine(r)) }
		}
		r, err := a.Record(cmd.Context(), p.every(), show)
		if err != nil && r.Delivered == 0 {
			return err
		}
		if printErr := e.result(a.Config.Output, r, func() [][]string { return recordRows(r) }); err == nil {
			err = printErr
		}
		return err
	})
}

func recordRows(r recorder.Result) [][]string {
	rows := [][]string{
		{"delivered", number(r.Delivered)},
		{"recorded", number(r.Recorded)},
		{"duplicate", number(r.Duplicate)},
		{"quarantined", byReason(r.Quarantined)},
	}
	if r.ControlTotals > 0 {
		rows = append(rows, []string{"control totals", number(r.ControlTotals)})
	}
	return append(rows, []string{"outages", number(r.Outages)},
		[]string{"elapsed", milliseconds(r.ElapsedMS)}, []string{"per second", number(r.PerSecond)})
}

// recordLine is the progress of a recorder.
func recordLine(p app.RecordProgress) string {
	var held int64
	for _, n := range p.Quarantined {
		held += n
	}
	line := fmt.Sprintf("%s/s  delivered %s  recorded %s  duplicate %s  quarantined %s  ready %s", number(p.PerSecond),
		number(p.Delivered), number(p.Recorded), number(p.Duplicate), number(held), maybeNumber(p.Depth.Ready))
	return line + outageNote(p.Progress)
}

func outageNote(p recorder.Progress) string {
	var down []string
	if p.QueueDown != "" {
		down = append(down, "queue")
	}
	if p.StoreDown != "" {
		down = append(down, "database")
	}
	if down == nil {
		return ""
	}
	return "  OUTAGE: waiting for " + strings.Join(down, " and ")
}
