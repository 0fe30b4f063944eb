package cli

import (
	"bufio"
	"context"
	"io"
	"log/slog"
	"os"
	"time"

	"github.com/mattn/go-isatty"
	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

// environment is what a command has around it.
type environment struct {
	stdin          io.Reader
	out            *bufio.Writer // results, and nothing else
	console        *console      // logs, progress, errors
	stdoutTerminal bool
	started        bool // the command's own code was reached: errors are no longer usage errors
	file           string
}

func newEnvironment(stdin io.Reader, stdout, stderr io.Writer) *environment {
	return &environment{stdin: stdin, out: bufio.NewWriter(stdout), stdoutTerminal: isTerminal(stdout),
		console: &console{w: stderr, terminal: isTerminal(stderr) && os.Getenv("TERM") != "dumb"}}
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && isatty.IsTerminal(f.Fd())
}

// action is the code of a command.
type action func(cmd *cobra.Command, a *app.App, args []string) error

// settings are the names of the settings that a command takes as flags.
type settings struct {
	names    []string
	defaults map[string]string
}

// with adds the flags of s to a command and makes do what it runs.
func (e *environment) with(cmd *cobra.Command, s settings, do action) *cobra.Command {
	config.AddFlags(cmd.Flags(), s.defaults, s.names...)
	if cmd.Flags().Lookup("source") != nil {
		e.offerSources(cmd, s)
	}
	for name, values := range choices {
		if cmd.Flags().Lookup(name) != nil {
			offer(cmd, name, values...)
		}
	}
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		e.started = true
		c, err := e.load(cmd, s)
		if err != nil {
			return err
		}
		for _, w := range c.Warnings {
			e.console.note("warning: " + w)
		}
		return do(cmd, &app.App{Config: c, Log: app.NewLogger(e.console, e.logging(c))}, args)
	}
	return cmd
}

func (e *environment) load(cmd *cobra.Command, s settings) (*config.Config, error) {
	return config.Load(config.Input{Flags: cmd.Flags(), Environ: os.Environ(), File: e.file,
		Dirs: config.Dirs(), Defaults: s.defaults})
}

func (e *environment) logging(c *config.Config) app.LogConfig {
	format := c.LogFormat
	if format == "auto" {
		format = "json"
		if e.console.terminal {
			format = "text"
		}
	}
	return app.LogConfig{Level: c.LogLevel, Format: format, Colour: e.console.terminal && os.Getenv("NO_COLOR") == ""}
}

// choices are what completion offers for flags with few values.
var choices = map[string][]string{
	"output":     {"text", "json"},
	"log-level":  {"debug", "info", "warn", "error"},
	"log-format": {"auto", "text", "json"},
	"progress":   {"auto", "plain", "none"},
	"queue":      {"embedded:", "nats://"},
	"store":      {"sqlite:"},
}

// offer makes completion offer values for a flag.
func offer(cmd *cobra.Command, flag string, values ...string) {
	err := cmd.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // a flag that the command does not have: found by any test
	}
}

// completionPatience is how long somebody who pressed Tab waits for a database.
const completionPatience = 200 * time.Millisecond

// offerSources makes completion offer where recorded payments came from.
func (e *environment) offerSources(cmd *cobra.Command, s settings) {
	err := cmd.RegisterFlagCompletionFunc("source", func(cmd *cobra.Command, _ []string, _ string) ([]string, cobra.ShellCompDirective) {
		c, err := e.load(cmd, s)
		if err != nil {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		ctx, cancel := context.WithTimeout(context.Background(), completionPatience)
		defer cancel()
		a := &app.App{Config: c, Log: slog.New(slog.DiscardHandler)}
		sources, err := a.Sources(ctx)
		if err != nil { // nothing to offer is no error for who is typing
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return sources, cobra.ShellCompDirectiveNoFileComp
	})
	if err != nil {
		panic(err) // registered twice: found by any test
	}
}

var (
	queueSettings = []string{"queue", "queue-password-file", "setup"}
	storeSettings = []string{"store", "store-password-file"}
)

func join(lists ...[]string) []string {
	var all []string
	for _, l := range lists {
		all = append(all, l...)
	}
	return all
}
