package app

import (
	"errors"
	"fmt"
	"testing"

	"recibo/internal/config"
	"recibo/queue"
	"recibo/reconcile"
	"recibo/store"
)

func TestExitCode(t *testing.T) {
	tests := map[string]struct {
		err  error
		want int
	}{
		"none":             {nil, 0},
		"answer no":        {answerNo("", "no"), 1},
		"not balanced":     {CheckBalanced(reconcile.Result{Missing: 1}), 1},
		"balanced":         {CheckBalanced(reconcile.Result{Balanced: true}), 0},
		"anything else":    {errors.New("x"), 1},
		"usage":            {usage("", "x"), 2},
		"setting":          {&config.Error{}, 2},
		"queue's mistake":  {fmt.Errorf("open: %w", &queue.ConfigError{Err: errDown}), 2},
		"store's mistake":  {&store.ConfigError{Err: errDown}, 2},
		"unreachable":      {&UnreachableError{Err: errDown}, 3},
		"gone while asked": {&store.Error{Class: store.ClassOutage, Err: errDown}, 3},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := ExitCode(test.err); got != test.want {
				t.Errorf("exit code %d, want %d", got, test.want)
			}
		})
	}
}

func TestUnknownScheme(t *testing.T) {
	for scheme, want := range map[string]string{
		"amqq":  `queue amqq://u:***@h/v: unknown scheme "amqq"`,
		"mysql": `queue mysql://u:***@h/v: unknown scheme "mysql"`,
	} {
		a, err := config.ParseAddress(scheme + "://u:s3cr3t@h/v")
		if err != nil {
			t.Fatal(err)
		}
		_, err = findQueue(a)
		if err == nil || err.Error() != want || Hint(err) == "" {
			t.Errorf("error %v, hint %q", err, Hint(err))
		}
	}
}
