package simulator_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"recibo/simulator"
)

func TestParseFaults(t *testing.T) {
	for text, want := range map[string]simulator.Faults{
		"none": {},
		"duplicate=1%,conflict=0.1%,malformed=0.5%,invalid=1%,too_large=0.01%,reorder=1%": simulator.DefaultFaults,
		"duplicate=0.01":                       {Duplicate: 10_000},
		" conflict=0.0001% , invalid=0.000001": {Conflict: 1, Invalid: 1},
		"malformed=100%":                       {Malformed: 1_000_000},
		"malformed=1.0":                        {Malformed: 1_000_000},
		"reorder=0":                            {},
		"invalid=050.5000000%":                 {Invalid: 505_000},
	} {
		got, err := simulator.ParseFaults(text)
		if err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
}

func TestParseFaultsErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "not written name=share",
		"duplicate":                    "not written name=share",
		"duplicate=1%,":                "not written name=share",
		"duplicates=1%":                `no "duplicates", only duplicate, conflict`,
		"duplicate=1%,duplicate=1%":    "duplicate is named twice",
		"duplicate=":                   "not a share",
		"duplicate=%":                  "not a share",
		"duplicate=1.%":                "not a share",
		"duplicate=.5":                 "not a share",
		"duplicate=-1%":                "not a share",
		"duplicate=1e-2":               "not a share",
		"duplicate=1 %":                "not a share",
		"duplicate=0,5%":               `"5%" is not written name=share`,
		"duplicate=0.00001%":           "finer than a millionth",
		"duplicate=0.0000001":          "finer than a millionth",
		"duplicate=100.0001%":          "more than 100%",
		"duplicate=2":                  "more than 100%",
		"duplicate=99999999999999999%": "more than 100%",
		"duplicate=60%,invalid=40.1%":  "together 100.1%, more than 100%",
	} {
		if _, err := simulator.ParseFaults(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: error %v, want one with %q", text, err, want)
		}
	}
}

func TestFaultsString(t *testing.T) {
	if got := simulator.DefaultFaults.String(); got != "duplicate=1%,conflict=0.1%,malformed=0.5%,invalid=1%,too_large=0.01%,reorder=1%" {
		t.Error(got)
	}
	if got := (simulator.Faults{}).String(); got != "none" {
		t.Error(got)
	}
	rapid.Check(t, func(t *rapid.T) {
		f := drawFaults(t)
		if got, err := simulator.ParseFaults(f.String()); err != nil || got != f {
			t.Fatalf("%s: %+v, %v", f, got, err)
		}
	})
}

// drawFaults draws shares that may well be all of the stream.
func drawFaults(t *rapid.T) simulator.Faults {
	rest := 1_000_000
	draw := func(name string, most int) simulator.Share {
		n := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, min(most, rest))).Draw(t, name)
		rest -= n
		return simulator.Share(n)
	}
	return simulator.Faults{
		TooLarge: draw("too_large", 20_000), Duplicate: draw("duplicate", rest), Conflict: draw("conflict", rest),
		Malformed: draw("malformed", rest), Invalid: draw("invalid", rest), Reorder: draw("reorder", rest),
	}
}

func TestConfigValidate(t *testing.T) {
	if err := (simulator.Config{Faults: simulator.DefaultFaults}).Validate(); err != nil {
		t.Error(err)
	}
	for name, c := range map[string]simulator.Config{
		"early":     {Start: simulator.DefaultStart.AddDate(-30, 0, 0)},
		"late":      {Start: simulator.DefaultStart.AddDate(70, 0, 0)},
		"below 0":   {Faults: simulator.Faults{Invalid: -1}},
		"above 100": {Faults: simulator.Faults{Invalid: 600_000, Conflict: 600_000}},
	} {
		if c.Validate() == nil {
			t.Errorf("%s was taken", name)
		}
	}
}
