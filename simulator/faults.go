package simulator

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Share is a part of all messages, in millionths.
type Share int

const whole Share = 1_000_000

// String writes the share in per cent: "0.01%".
func (s Share) String() string {
	text := fmt.Sprintf("%d.%04d", s/10_000, s%10_000)
	return strings.TrimRight(strings.TrimRight(text, "0"), ".") + "%"
}

// Faults says which part of the messages becomes what. The rest are new, valid
// events in their order. Reorder is the part of them that comes later.
type Faults struct {
	Duplicate Share // an earlier event again
	Conflict  Share // an earlier id with other content
	Malformed Share // not a JSON object
	Invalid   Share // an object, but not a valid event
	TooLarge  Share // more than 64 KiB
	Reorder   Share // a valid event, 1 to 50 messages too late
}

// DefaultFaults is what is used when nothing is said.
var DefaultFaults = Faults{
	Duplicate: 10_000, Conflict: 1_000, Malformed: 5_000, Invalid: 10_000, TooLarge: 100, Reorder: 10_000,
}

type namedShare struct {
	name  string
	share *Share
}

func (f *Faults) shares() [6]namedShare {
	return [6]namedShare{
		{"duplicate", &f.Duplicate}, {"conflict", &f.Conflict}, {"malformed", &f.Malformed},
		{"invalid", &f.Invalid}, {"too_large", &f.TooLarge}, {"reorder", &f.Reorder},
	}
}

// String writes the faults as ParseFaults reads them.
func (f Faults) String() string {
	var parts []string
	for _, s := range f.shares() {
		if *s.share != 0 {
			parts = append(parts, s.name+"="+s.share.String())
		}
	}
	if parts == nil {
		return "none"
	}
	return strings.Join(parts, ",")
}

// Validate reports shares below zero or of more than 100 % together.
func (f Faults) Validate() error {
	sum := Share(0)
	for _, s := range f.shares() {
		if *s.share < 0 || *s.share > whole {
			return fmt.Errorf("faults: %s is not between 0 and 100%%", s.name)
		}
		sum += *s.share
	}
	if sum > whole {
		return fmt.Errorf("faults: together %s, more than 100%%", sum)
	}
	return nil
}

// ParseFaults reads "duplicate=1%,conflict=0.001", or "none". Shares are per
// cent or plain fractions, exact to a millionth. What is not named does not
// happen.
func ParseFaults(text string) (Faults, error) {
	var f Faults
	if strings.TrimSpace(text) == "none" {
		return f, nil
	}
	named := map[string]bool{}
	for part := range strings.SplitSeq(text, ",") {
		name, value, found := strings.Cut(strings.TrimSpace(part), "=")
		into := f.share(name)
		switch {
		case !found:
			return Faults{}, fmt.Errorf("faults: %q is not written name=share, for example duplicate=1%%", part)
		case into == nil:
			return Faults{}, fmt.Errorf("faults: there is no %q, only %s", name, f.names())
		case named[name]:
			return Faults{}, fmt.Errorf("faults: %s is named twice", name)
		}
		share, err := parseShare(value)
		if err != nil {
			return Faults{}, fmt.Errorf("faults: %s: %w", name, err)
		}
		*into, named[name] = share, true
	}
	return f, f.Validate()
}

func (f *Faults) share(name string) *Share {
	for _, s := range f.shares() {
		if s.name == name {
			return s.share
		}
	}
	return nil
}

func (f *Faults) names() string {
	var names []string
	for _, s := range f.shares() {
		names = append(names, s.name)
	}
	return strings.Join(names, ", ")
}

// parseShare reads 1% or 0.01 without a float.
func parseShare(text string) (Share, error) {
	number, percent := strings.CutSuffix(text, "%")
	decimals := 6
	if percent {
		decimals = 4
	}
	units, fraction, pointed := strings.Cut(number, ".")
	if units == "" || (pointed && fraction == "") || strings.Trim(units+fraction, "0123456789") != "" {
		return 0, fmt.Errorf("%q is not a share such as 1%% or 0.01", text)
	}
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > decimals {
		return 0, fmt.Errorf("%q is finer than a millionth", text)
	}
	n, err := strconv.ParseInt(units+fraction+strings.Repeat("0", decimals-len(fraction)), 10, 32)
	if err != nil || Share(n) > whole {
		return 0, errors.New("more than 100%")
	}
	return Share(n), nil
}
