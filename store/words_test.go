package store_test

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"recibo/store"
)

// TestShorten says what was tried once, and keeps the error.
func TestShorten(t *testing.T) {
	refused, late := errors.New("refused"), errors.New("late")
	err := fmt.Errorf("connect: %w", errors.Join(
		fmt.Errorf("10.0.0.1: %w", refused), errors.Join(fmt.Errorf("10.0.0.2: %w", late), io.EOF), fmt.Errorf("10.0.0.3: %w", refused)))
	words := func(err error) string { return strings.ToUpper(store.Innermost(err).Error()) }
	short := store.Shorten(err, store.Leaves(err), words)
	if got, want := short.Error(), "REFUSED; LATE; EOF"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if !errors.Is(short, late) || !errors.Is(short, io.EOF) {
		t.Error("the causes cannot be found any more")
	}
}

func TestLeaves(t *testing.T) {
	wrapped := fmt.Errorf("b: %w", io.EOF)
	for _, c := range []struct {
		name string
		err  error
		want []string
	}{
		{"one", io.EOF, []string{"EOF"}},
		{"wrapped, and stays so", wrapped, []string{"b: EOF"}},
		{"joined", errors.Join(io.EOF, wrapped), []string{"EOF", "b: EOF"}},
		{"joined within", fmt.Errorf("a: %w", errors.Join(wrapped, errors.Join(io.EOF))), []string{"b: EOF", "EOF"}},
	} {
		var got []string
		for _, leaf := range store.Leaves(c.err) {
			got = append(got, leaf.Error())
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got:\n%s", c.name, diff)
		}
	}
}
