// Command mutants runs gremlins over packages: it changes one token at a time,
// runs the package's tests, and tells which changes no test noticed.
//
//	mutants [-least PERCENT] [-workers N] [PACKAGE]...
//
// It prints a line for each package and each change that was not killed, keeps
// what gremlins says in bin/mutants, and fails if a package has fewer than
// PERCENT killed of killed and lived. What it works on is a copy, which is gone
// when it ends. Where gremlins asks for go, it gets this program (see goTest).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
)

// packages are those on which money depends, and no adapters.
var packages = []string{"payment", "wire", "quarantine", "recorder", "redrive", "reconcile"}

func main() {
	if filepath.Base(os.Args[0]) == "go" {
		os.Exit(goTest(os.Args[1:]))
	}
	least := flag.Float64("least", 85, "the `percent` that must be killed in each package")
	workers := flag.Int("workers", 1, "mutants that are tested at once")
	flag.Parse()
	if flag.NArg() > 0 {
		packages = flag.Args()
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, packages, *workers, *least); err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
		os.Exit(1)
	}
}

// run mutates one package after the other and prints what became of it.
func run(ctx context.Context, packages []string, workers int, least float64) error {
	if err := os.MkdirAll(reports, 0o755); err != nil {
		return err
	}
	h, err := newHabitat()
	if err != nil {
		return err
	}
	defer h.remove()
	var all []report
	var failed error
	for _, p := range packages {
		r, err := h.mutate(ctx, p, workers)
		if ctx.Err() != nil {
			return errors.New("interrupted")
		} else if err != nil {
			return fmt.Errorf("%s: %w", p, err)
		}
		all = append(all, r)
		if got := r.efficacy(); got < least {
			failed = errors.Join(failed, fmt.Errorf("%s: %.1f %% killed, want %g", p, got, least))
		}
	}
	writeTable(os.Stdout, all)
	return failed
}
