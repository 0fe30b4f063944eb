package cli

import (
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

// exportFlags say how an export is written, and where.
type exportFlags struct {
	format      string
	spreadsheet bool
	to          string
	force       bool
}

func (x *exportFlags) flags(cmd *cobra.Command) {
	fs := cmd.Flags()
	fs.StringVar(&x.format, "format", "", "`FORM` of the export: csv or ndjson (default csv)")
	fs.BoolVar(&x.spreadsheet, "spreadsheet", false, "CSV for a spreadsheet: a byte order mark, and a ' before what would be a formula")
	fs.StringVar(&x.to, "to", "", "write this `FILE`, whole or not at all (default standard output)")
	fs.BoolVar(&x.force, "force", false, "replace the file of --to")
	offer(cmd, "format", string(app.CSV), string(app.NDJSON))
}

func (x *exportFlags) check() error {
	if x.force && !x.toFile() {
		return &app.UsageError{Err: errors.New("flag --force: it replaces the file of --to"), Tip: "name the file with --to FILE"}
	}
	return nil
}

// form is the form that was asked for: --output json alone means ndjson.
func (x *exportFlags) form(c *config.Config) app.RowForm {
	f := app.RowForm{Format: app.ExportFormat(x.format), Spreadsheet: x.spreadsheet}
	switch {
	case x.format != "":
	case c.Output == config.JSON:
		f.Format = app.NDJSON
	default:
		f.Format = app.CSV
	}
	return f
}

func (x *exportFlags) toFile() bool { return x.to != "" && x.to != "-" }

// export writes rows to standard output or a file. what names them in the log.
func (e *environment) export(a *app.App, what string, x *exportFlags, write func(w io.Writer, progress func(int64)) (int64, error)) error {
	began := time.Now()
	var rows int64
	p := e.progress(a.Config.Progress)
	if !x.toFile() && e.stdoutTerminal {
		p.mode = "none" // it would stand between the rows
	}
	all := func(w io.Writer) (err error) {
		rows, err = write(w, func(rows int64) {
			p.show(fmt.Sprintf("%s/s  exported %s", number(perSecond(rows, time.Since(began))), number(rows)))
		})
		return err
	}
	if !x.toFile() {
		return all(e.out)
	}
	if err := app.WriteFile(x.to, x.force, all); err != nil {
		return err
	}
	a.Log.Info(what+" exported", "count", rows, "file", x.to, "elapsed_ms", time.Since(began).Milliseconds())
	return nil
}

func perSecond(n int64, elapsed time.Duration) int64 {
	return n * 1000 / max(elapsed.Milliseconds(), 1)
}
