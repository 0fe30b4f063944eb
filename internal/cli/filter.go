package cli

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/pflag"

	"recibo/internal/app"
	"recibo/internal/config"
	"recibo/payment"
)

// period is the --since and --until of a list.
type period struct{ since, until string }

func (p *period) flags(fs *pflag.FlagSet) {
	fs.StringVar(&p.since, "since", "", "not before this `TIME`: 2026-11-23, 2026-11-23T14:15:00Z, or 2h for two hours ago")
	fs.StringVar(&p.until, "until", "", "before this `TIME`")
}

func (p *period) times() (since, until time.Time, err error) {
	now := time.Now().UTC()
	if since, err = flagTime("since", p.since, now); err != nil {
		return since, until, err
	}
	until, err = flagTime("until", p.until, now)
	return since, until, err
}

func flagTime(name, text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	t, err := config.ParseTime(text, now)
	return t, badFlag(name, err)
}

// badFlag is an error of a flag that is no setting.
func badFlag(name string, err error) error {
	if err == nil {
		return nil
	}
	tip := ""
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		tip = h.Hint()
	}
	return &app.UsageError{Err: fmt.Errorf("flag --%s: %w", name, err), Tip: tip}
}

// flagMoney reads 150.75, which is BRL, or 150.75USD.
func flagMoney(name, text string) (*payment.Money, error) {
	if text == "" {
		return nil, nil
	}
	currency := payment.DefaultCurrency
	number := strings.TrimRight(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	if code := text[len(number):]; code != "" {
		currency = payment.Currency(code)
	}
	tip := "write for example 150.75, which is BRL, or 150.75USD"
	if _, known := currency.Decimals(); !known {
		return nil, &app.UsageError{Err: fmt.Errorf("flag --%s: unknown currency %q", name, currency), Tip: tip}
	}
	m, fault := payment.ParseMoney(number, currency)
	if fault != nil {
		return nil, &app.UsageError{Err: fmt.Errorf("flag --%s: %q is not an amount", name, text), Tip: fault.Hint}
	}
	return &m, nil
}

// flagChoice checks a list of words against those there are.
func flagChoice[T ~string](name string, words []string, all []T) ([]T, error) {
	var chosen []T
	for _, w := range words {
		known := false
		for _, c := range all {
			known = known || string(c) == w
		}
		if !known {
			return nil, &app.UsageError{Err: fmt.Errorf("flag --%s: unknown %s %q", name, name, w), Tip: "write one of " + strings.Join(names(all), ", ")}
		}
		chosen = append(chosen, T(w))
	}
	return chosen, nil
}

func names[T ~string](all []T) []string {
	var ns []string
	for _, n := range all {
		ns = append(ns, string(n))
	}
	return ns
}
