package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"recibo/internal/config"
)

// helpTemplate starts with what the command does and an example that works.
const helpTemplate = `{{.Short}}
{{if .Long}}
{{.Long}}
{{end}}{{if .HasExample}}
Example:
{{.Example}}
{{end}}{{.UsageString}}`

const usageTemplate = `
Usage:
  {{if .HasAvailableSubCommands}}{{.CommandPath}} COMMAND{{else}}{{.UseLine}}{{end}}
{{if .HasAvailableSubCommands}}
Commands:
{{range .Commands}}{{if .IsAvailableCommand}}  {{rpad .Name .NamePadding}} {{.Short}}
{{end}}{{end}}{{end}}{{if .HasAvailableLocalFlags}}
Flags:
{{.LocalFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}{{if .HasAvailableInheritedFlags}}
Flags of every command:
{{.InheritedFlags.FlagUsages | trimTrailingWhitespaces}}
{{end}}`

// root builds the tree of commands.
func (e *environment) root() *cobra.Command {
	root := &cobra.Command{
		Use:           "recibo",
		Short:         "Recibo records payments from a queue into a database, exactly once, and proves it.",
		Long:          "Each setting is a flag, a variable (--store is RECIBO_STORE) and a key of recibo.yaml; run recibo config to see them.",
		Example:       "  recibo demo",
		SilenceErrors: true, SilenceUsage: true,
		Args: cobra.ArbitraryArgs,
	}
	root.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 {
			return cmd.Help()
		}
		return unknownCommand(cmd, args[0])
	}
	root.CompletionOptions.DisableDefaultCmd = true
	root.SetHelpTemplate(helpTemplate)
	root.SetUsageTemplate(usageTemplate)
	root.SetIn(e.stdin)
	root.SetOut(e.out)
	root.SetErr(e.console)
	root.PersistentFlags().StringVar(&e.file, "config", "", "read this `FILE` instead of ./"+config.FileName)
	config.AddFlags(root.PersistentFlags(), nil, "log-level", "log-format")
	offer(root, "log-level", choices["log-level"]...)
	offer(root, "log-format", choices["log-format"]...)
	root.AddCommand(e.demo(), e.simulate(), e.publish(), e.record(), e.status(), e.find(), e.payments(),
		e.quarantine(), e.outages(), e.reconcile(), e.receipt(), e.migrate(), e.config(), e.version(), e.completion())
	return root
}

// group is a command that only holds others.
func group(name, short, example string, commands ...*cobra.Command) *cobra.Command {
	g := &cobra.Command{Use: name, Short: short, Example: example, Args: cobra.ArbitraryArgs}
	g.AddCommand(commands...)
	g.RunE = func(cmd *cobra.Command, args []string) error {
		if len(args) > 0 {
			return unknownCommand(cmd, args[0])
		}
		var names []string
		for _, c := range commands {
			names = append(names, c.Name())
		}
		return fmt.Errorf("%s: name one of %s", name, strings.Join(names, ", "))
	}
	return g
}

func unknownCommand(cmd *cobra.Command, name string) error {
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(name); len(near) > 0 {
		return fmt.Errorf("unknown command %q, did you mean %s?", name, strings.Join(near, " or "))
	}
	return fmt.Errorf("unknown command %q", name)
}

// usageHint is the help of the command that was meant.
func usageHint(cmd *cobra.Command) string {
	if cmd == nil {
		return "run recibo --help"
	}
	return "run " + cmd.CommandPath() + " --help"
}

// one is for commands that take exactly one argument.
func one(name string) cobra.PositionalArgs {
	return func(_ *cobra.Command, args []string) error {
		if len(args) != 1 {
			return fmt.Errorf("it takes one %s, not %d", name, len(args))
		}
		return nil
	}
}

// none is for commands without arguments.
func none(_ *cobra.Command, args []string) error {
	if len(args) > 0 {
		return fmt.Errorf("it takes no argument %q", args[0])
	}
	return nil
}
