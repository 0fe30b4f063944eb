package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// badValue is why a text is no value of a setting, and what to write instead.
type badValue struct{ reason, tip string }

func (e *badValue) Error() string { return e.reason }

// Hint is what to write instead.
func (e *badValue) Hint() string { return e.tip }

func bad(tip, format string, args ...any) error {
	return &badValue{reason: fmt.Sprintf(format, args...), tip: tip}
}

// ParseDuration reads 250ms, 10s, 1h30m or 2d. Durations are never negative.
func ParseDuration(text string) (time.Duration, error) {
	const tip = "write a number with its unit: 250ms, 10s, 5m, 1h30m, 2d"
	if days, ok := strings.CutSuffix(text, "d"); ok {
		n, err := strconv.ParseUint(days, 10, 16)
		if err != nil {
			return 0, bad(tip, "%q is not a duration", text)
		}
		return time.Duration(n) * 24 * time.Hour, nil
	}
	d, err := time.ParseDuration(text)
	if err != nil || d < 0 {
		return 0, bad(tip, "%q is not a duration", text)
	}
	return d, nil
}

func parseWait(text string) (time.Duration, error) {
	if text == "forever" {
		return Forever, nil
	}
	return ParseDuration(text)
}

func parseCount(text string) (int64, error) {
	n, err := strconv.ParseInt(strings.ReplaceAll(text, "_", ""), 10, 64)
	if err != nil || n < 0 {
		return 0, bad("write a whole number, for example 20000", "%q is not a whole number", text)
	}
	return n, nil
}

func parseBool(text string) (bool, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "on", "1":
		return true, nil
	case "false", "no", "off", "0":
		return false, nil
	}
	return false, bad("write true or false", "%q is neither true nor false", text)
}

// parseRate reads 500, 500/s, 30000/m or 1000000/h as messages a second.
func parseRate(text string) (int, error) {
	const tip = "write at least one message a second, for example 500/s, or 30000/m"
	number, unit, _ := strings.Cut(text, "/")
	per, known := map[string]int64{"": 1, "s": 1, "m": 60, "min": 60, "h": 3600}[unit]
	n, err := parseCount(number)
	if err != nil || !known || n < per || n > 1<<30 {
		return 0, bad(tip, "%q is not a rate", text)
	}
	return int(n / per), nil
}

// ParseTime reads an RFC 3339 time, a day (its start in UTC), now, or a
// duration that lies back from now.
func ParseTime(text string, now time.Time) (time.Time, error) {
	if text == "now" {
		return now, nil
	}
	for _, layout := range []string{time.RFC3339, time.DateOnly} {
		if t, err := time.Parse(layout, text); err == nil {
			return t.UTC(), nil
		}
	}
	if back, err := ParseDuration(text); err == nil {
		return now.Add(-back), nil
	}
	return time.Time{}, bad("write 2026-11-23T14:15:00Z, 2026-11-23, now, or 2h for two hours ago",
		"%q is not a time", text)
}

func parseChoice(text string, choices ...string) (string, error) {
	if slices.Contains(choices, text) {
		return text, nil
	}
	list := strings.Join(choices, ", ")
	return "", bad("write one of: "+list, "%q is not one of %s", text, list)
}
