// Package cli is the command line: one file per command, which names its
// flags, calls internal/app, and prints.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"recibo/internal/app"
)

// Main runs one command and returns its exit code. The first interrupt ends
// what runs in good order; the second returns at once.
func Main(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	signals := make(chan os.Signal, 2)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	defer signal.Stop(signals)

	e := newEnvironment(stdin, stdout, stderr)
	done := make(chan int, 1)
	go func() { done <- e.run(ctx, args) }()
	for asked := false; ; asked = true {
		select {
		case code := <-done:
			return code
		case <-signals:
			if asked {
				return app.ExitInterrupted
			}
			e.console.note("stopping; interrupt again to stop at once")
			stop()
		}
	}
}

// run executes the command that args name and reports its error.
func (e *environment) run(ctx context.Context, args []string) (code int) {
	defer func() {
		if p := recover(); p != nil {
			e.fail(fmt.Errorf("internal error: %v", p), "please report this with the command that led to it")
			code = app.ExitNo
		}
	}()
	root := e.root()
	root.SetArgs(args)
	command, err := root.ExecuteContextC(ctx)
	if flushErr := e.out.Flush(); err == nil && flushErr != nil {
		err = fmt.Errorf("write results: %w", flushErr)
	}
	e.console.endLine()
	switch {
	case err == nil:
		return app.ExitDone
	case !e.started:
		first, _, _ := strings.Cut(err.Error(), "\n")
		e.fail(errors.New(first), usageHint(command))
		return app.ExitUsage
	case errors.Is(err, context.Canceled) && ctx.Err() != nil:
		e.fail(errors.New("interrupted"), "")
		return app.ExitNo
	}
	e.fail(err, app.Hint(err))
	return app.ExitCode(err)
}

// fail writes an error and its hint in the form of all errors.
func (e *environment) fail(err error, hint string) {
	text := "recibo: error: " + oneLine(err.Error()) + "\n"
	if hint != "" {
		text += "hint: " + oneLine(hint) + "\n"
	}
	fmt.Fprint(e.console, text)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }
