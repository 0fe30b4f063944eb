package cli

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"strings"

	"recibo/internal/app"
)

// typeTheCount is from how many entries on a question that destroys is answered
// with their number: a habit types y.
const typeTheCount = 1000

// interactive reports whether somebody is there to answer.
func (e *environment) interactive() bool { return isTerminal(e.stdin) && e.console.terminal }

// mayBegin refuses an act on many things that nobody can be asked about.
func (e *environment) mayBegin(act string, yes bool) error {
	if yes || e.interactive() {
		return nil
	}
	return &app.UsageError{Err: fmt.Errorf("%s: there is no terminal to ask at", act),
		Tip: "look with --dry-run, then answer beforehand with --yes"}
}

// confirm asks once. Any answer but want, or y where that is empty, is a no.
func (e *environment) confirm(ctx context.Context, question, want string) error {
	hint := "y/N"
	if want != "" {
		hint = "type " + want
	}
	fmt.Fprintf(e.console, "%s [%s] ", question, hint)
	answer := make(chan string, 1)
	go func() {
		line, _ := bufio.NewReader(e.stdin).ReadString('\n') // an end without an answer is a no
		answer <- strings.ToLower(strings.TrimSpace(line))
	}()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case line := <-answer:
		if want != "" && line == want || want == "" && (line == "y" || line == "yes") {
			return nil
		}
		return &app.NoError{Err: errors.New("nothing was done: the answer was no")}
	}
}
