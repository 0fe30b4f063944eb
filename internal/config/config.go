// Package config turns flags, RECIBO_* variables, a YAML file and defaults, in
// that order of precedence, into one typed Config.
package config

import "time"

// Forever is a Wait without an end.
const Forever time.Duration = -1

// Config is every setting of Recibo, checked.
type Config struct {
	Queue Address
	Store Address
	Wait  time.Duration // for queue and store at the start; Forever: no limit
	Setup bool          // make the queue when it is not there

	Migrate         bool
	Writers         int // 0: what the store stands
	Batch           int // 0: what the store stands
	UntilIdle       time.Duration
	DrainTimeout    time.Duration
	MaxEventBytes   int
	AllowStandalone bool           // accept a MongoDB without transactions
	DeadLetters     bool           // record what the broker dead-lettered too
	Timezone        *time.Location // assumed for times without an offset; nil: refused

	Count    int64 // 0: not given
	Duration time.Duration
	Rate     int     // messages a second; 0: as fast as the queue takes them
	Seed     *uint64 // nil: random
	Start    time.Time
	Control  time.Duration // length of a window of control totals; 0: none
	Faults   string        // nil shares are the simulator's own
	Ledger   string
	Dir      string

	MaxHeld  *int64 // thresholds of status --check; nil: none
	MaxReady *int64
	MaxAge   *time.Duration

	Output    Output
	LogLevel  string
	LogFormat string // text, json, or auto: text on a terminal
	Progress  string // auto, plain or none

	// File is the configuration file that was read, or empty.
	File string
	// Warnings are for the person who typed the command.
	Warnings []string

	queuePasswordFile string
	storePasswordFile string
	values            []Value
}

// Output is the form in which results are printed.
type Output string

// The forms.
const (
	Text Output = "text"
	JSON Output = "json"
)

// Value is one effective setting as it may be shown: passwords are masked.
type Value struct {
	Name   string `json:"name"`
	Value  string `json:"value"`
	Origin string `json:"origin"`
}

// Values lists all settings in the order of the table, with where each came
// from.
func (c *Config) Values() []Value { return c.values }

// Error is a setting that cannot be used. Its text names where it came from.
type Error struct {
	Origin string // "flag --store", "RECIBO_STORE", "recibo.yaml: store"
	Reason string
	Tip    string
}

func (e *Error) Error() string { return e.Origin + ": " + e.Reason }

// Hint is the next step.
func (e *Error) Hint() string { return e.Tip }
