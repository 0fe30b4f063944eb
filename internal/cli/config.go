package cli

import (
	"github.com/spf13/cobra"

	"recibo/internal/app"
	"recibo/internal/config"
)

func (e *environment) config() *cobra.Command {
	var names []string
	for _, s := range config.Settings {
		if s.Name != "log-level" && s.Name != "log-format" { // flags of every command
			names = append(names, s.Name)
		}
	}
	return e.with(&cobra.Command{
		Use: "config", Short: "Show every setting, its value and where it comes from, passwords masked.",
		Long:    "A flag goes before its variable, the variable before recibo.yaml, and that before the default.",
		Example: "  RECIBO_BATCH=500 recibo config", Args: none,
	}, settings{names: names}, func(_ *cobra.Command, a *app.App, _ []string) error {
		if a.Config.Output == config.JSON {
			for _, v := range a.Config.Values() {
				if err := e.printJSON(v); err != nil {
					return err
				}
			}
			return nil
		}
		t := e.table("SETTING", "VALUE", "FROM")
		for _, v := range a.Config.Values() {
			t.row(v.Name, dash(v.Value), v.Origin)
		}
		return t.close()
	})
}
