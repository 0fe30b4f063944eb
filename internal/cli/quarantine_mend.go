package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"recibo/internal/app"
	"recibo/internal/config"
)

// actFlags say who acts and why.
type actFlags struct{ actor, note string }

func (f *actFlags) flags(fs *pflag.FlagSet) {
	fs.StringVar(&f.actor, "actor", "", "`WHO` does this (default the user of the system)")
	fs.StringVar(&f.note, "note", "", "`WHY`: it is kept in the history")
}

func (f *actFlags) act() app.Act {
	a := app.Act{Actor: f.actor, Note: f.note}
	if a.Actor == "" {
		a.Actor = app.DefaultActor()
	}
	return a
}

const mendLong = `The original is kept; the mended body stands beside it, and is what a redrive sends. Without --body it opens $VISUAL or
$EDITOR. Before it is saved it is read and compared as a recorder would: what would be held again as malformed, invalid or
too large is not saved unless --force. --undo takes the mended body away.`

type mendFlags struct {
	actFlags
	body                string
	dryRun, undo, force bool
	showAccounts        bool
}

func (e *environment) quarantineMend() *cobra.Command {
	var f mendFlags
	cmd := &cobra.Command{
		Use: "mend ENTRY", Short: "Put a corrected body beside a held message's own.", Long: mendLong,
		Example: "  recibo quarantine mend 1c5f0e7a9b2d4c6e8f0a1b2c3d4e5f60 --body fixed.json --note 'comma in amount'", Args: one("ENTRY"),
	}
	fs := cmd.Flags()
	f.actFlags.flags(fs)
	accountsFlag(cmd, &f.showAccounts)
	fs.StringVar(&f.body, "body", "", "take the body from this `FILE`; - is standard input")
	fs.BoolVar(&f.dryRun, "dry-run", false, "say what would become of it, and save nothing")
	fs.BoolVar(&f.undo, "undo", false, "take the mended body away")
	fs.BoolVar(&f.force, "force", false, "save it although it would be held again")
	cmd.MarkFlagsMutuallyExclusive("undo", "body")
	cmd.MarkFlagsMutuallyExclusive("undo", "force")
	return e.with(cmd, settings{names: join(storeSettings, []string{"wait", "max-event-bytes", "timezone", "output"})},
		func(cmd *cobra.Command, a *app.App, args []string) error {
			m, err := a.OpenMending(cmd.Context(), args[0], f.act(), f.showAccounts)
			if err != nil {
				return err
			}
			defer m.Close()
			if f.undo {
				return e.undoMending(cmd.Context(), a, m, args[0], f.dryRun)
			}
			body, v, err := e.mendedBody(cmd.Context(), m, &f)
			if err != nil {
				return err
			}
			if f.dryRun || !v.Readable() && !f.force {
				if err := e.printMended(a, v); err != nil || v.Readable() {
					return err
				}
				return app.Unreadable(v)
			}
			if err := m.Save(cmd.Context(), body); err != nil {
				return err
			}
			v.Saved = true
			return e.printMended(a, v)
		})
}

func (e *environment) undoMending(ctx context.Context, a *app.App, m *app.Mending, id string, dryRun bool) error {
	if !dryRun {
		if err := m.Undo(ctx); err != nil {
			return err
		}
	}
	return e.printMended(a, app.Mended{EntryID: id, Saved: !dryRun})
}

// mendedBody reads the body that is to be saved, and what would become of it.
func (e *environment) mendedBody(ctx context.Context, m *app.Mending, f *mendFlags) ([]byte, app.Mended, error) {
	if f.body == "" {
		return e.edit(ctx, m)
	}
	body, err := e.bodyFile(f.body)
	if err != nil {
		return nil, app.Mended{}, &app.UsageError{Err: fmt.Errorf("flag --body: %w", err), Tip: "check the path, or write - for standard input"}
	}
	v, err := m.Try(ctx, body)
	return body, v, err
}

func (e *environment) bodyFile(name string) ([]byte, error) {
	if name == "-" {
		return io.ReadAll(e.stdin)
	}
	return os.ReadFile(name)
}

// edit lets a person correct the body, again and again until a recorder could
// read it or they give up.
func (e *environment) edit(ctx context.Context, m *app.Mending) ([]byte, app.Mended, error) {
	body := m.Body()
	for {
		edited, err := e.editOnce(ctx, body)
		if err != nil {
			return nil, app.Mended{}, err
		}
		if bytes.Equal(edited, m.Body()) {
			return nil, app.Mended{}, &app.NoError{Err: errors.New("mend: nothing was changed"), Tip: m.Detail()}
		}
		v, err := m.Try(ctx, edited)
		if err != nil || v.Readable() || !e.interactive() {
			return edited, v, err
		}
		e.console.note("it would be held again: " + string(*v.Fate) + ": " + text(v.Detail))
		if e.confirm(ctx, "Edit it again?", "") != nil {
			return edited, v, nil
		}
		body = edited
	}
}

// editOnce opens the editor on a file that only the user can read.
func (e *environment) editOnce(ctx context.Context, body []byte) ([]byte, error) {
	words := strings.Fields(firstOf(os.Getenv("VISUAL"), os.Getenv("EDITOR")))
	if len(words) == 0 {
		return nil, &app.UsageError{Err: errors.New("mend: no editor is known"), Tip: "set EDITOR, or give the body with --body FILE"}
	}
	f, err := os.CreateTemp("", "recibo-mend-*.json") // mode 0600: it is personal data
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(body)
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return nil, err
	}
	editor := exec.CommandContext(ctx, words[0], append(words[1:], f.Name())...)
	editor.Stdin, editor.Stdout, editor.Stderr = e.stdin, os.Stderr, os.Stderr // stdout is for results
	if e.stdoutTerminal {
		editor.Stdout = os.Stdout
	}
	if err := editor.Run(); err != nil {
		return nil, &app.NoError{Err: fmt.Errorf("mend: %s: %w; nothing was saved", words[0], err)}
	}
	return os.ReadFile(f.Name())
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}

func (e *environment) printMended(a *app.App, v app.Mended) error {
	if a.Config.Output == config.JSON {
		return e.printJSON(v)
	}
	t := e.table()
	t.row("entry", v.EntryID)
	switch {
	case v.Fate == nil:
		t.row("saved", yesNo(v.Saved)+", the mended body is taken away: the original would be sent")
		return t.close()
	case v.Saved:
		t.row("saved", "yes, beside the original")
	default:
		t.row("saved", "no")
	}
	t.row("would be", string(*v.Fate))
	if v.Detail != nil {
		t.row("why", *v.Detail)
	}
	if v.TransactionID != nil {
		t.row("payment", *v.TransactionID)
	}
	if v.Amount != nil {
		t.row("amount", text(v.Currency)+" "+groupDecimal(*v.Amount))
	}
	if v.Mark != nil {
		t.row("where", fmt.Sprintf("line %d, column %d", v.Mark.Line, v.Mark.Column))
	}
	for _, f := range v.FieldErrors {
		what := f.Code
		if f.Recorded != "" {
			what = "recorded " + f.Recorded + ", here " + f.Value
		}
		t.row("field", f.Field+": "+what+hint(f.Hint))
	}
	if v.Saved {
		t.row("next", "recibo quarantine redrive "+v.EntryID)
	}
	return t.close()
}

func hint(text string) string {
	if text == "" {
		return ""
	}
	return " (" + text + ")"
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}
