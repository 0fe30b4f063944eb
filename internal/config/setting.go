package config

import (
	"strconv"
	"time"
)

// Setting is one line of the table: a name that is flag, variable and key.
type Setting struct {
	Name    string
	Kind    string // what its value is, as --help shows it; empty for a switch
	Default string
	Usage   string
	set     func(c *Config, text string) error
}

// kindAddress is the kind of settings that may hold a password.
const kindAddress = "ADDRESS"

// DefaultStart is where simulated time begins unless it is said.
const DefaultStart = "2026-01-01T00:00:00Z"

// Settings lists every setting of Recibo.
var Settings = []Setting{
	{"queue", kindAddress, "embedded:./recibo-data/queue", "the queue: embedded:DIR, nats://[user:pw@]host:4222/payments, amqp[s]://user:pw@host:5672/vhost?queue=payments, kafka://[user:pw@]host:9092/payments or sqs://region/payments", setAddress(func(c *Config) *Address { return &c.Queue })},
	{"store", kindAddress, "sqlite:./recibo-data/recibo.db", "the database: sqlite:FILE, postgres://user:pw@host:5432/db, mysql://user:pw@host:3306/db or mongodb[+srv]://user:pw@host/db", setAddress(func(c *Config) *Address { return &c.Store })},
	{"queue-password-file", "FILE", "", "read the queue's password from this file", setText(func(c *Config) *string { return &c.queuePasswordFile })},
	{"store-password-file", "FILE", "", "read the database's password from this file", setText(func(c *Config) *string { return &c.storePasswordFile })},
	{"wait", "DURATION", "10s", "how long to wait at the start for queue and store that do not answer: a duration, or forever", setParsed(func(c *Config) *time.Duration { return &c.Wait }, parseWait)},
	{"setup", "", "true", "make the queue when it is not there", setParsed(func(c *Config) *bool { return &c.Setup }, parseBool)},

	{"migrate", "", "false", "make or upgrade the tables first", setParsed(func(c *Config) *bool { return &c.Migrate }, parseBool)},
	{"writers", "N", "0", "transactions at once (0: as many as the store stands)", setInt(func(c *Config) *int { return &c.Writers })},
	{"batch", "N", "0", "most events in one transaction (0: as many as the store stands)", setInt(func(c *Config) *int { return &c.Batch })},
	{"allow-standalone", "", "false", "accept a MongoDB without transactions: what a crash may miscount is in docs/systems.md", setParsed(func(c *Config) *bool { return &c.AllowStandalone }, parseBool)},
	{"until-idle", "DURATION", "0s", "stop when nothing was ready or in flight for so long (0s: never)", setParsed(func(c *Config) *time.Duration { return &c.UntilIdle }, ParseDuration)},
	{"drain-timeout", "DURATION", "10s", "how long to finish what is in hand after the first Ctrl-C or SIGTERM", setParsed(func(c *Config) *time.Duration { return &c.DrainTimeout }, ParseDuration)},
	{"max-event-bytes", "N", "65536", "a longer message is quarantined as too_large", setInt(func(c *Config) *int { return &c.MaxEventBytes })},
	{"dead-letters", "", "true", "record what the broker dead-lettered too", setParsed(func(c *Config) *bool { return &c.DeadLetters }, parseBool)},
	{"timezone", "ZONE", "", "assume this zone for times without an offset, for example America/Sao_Paulo (empty: such events are invalid)", setTimezone},

	{"count", "N", "0", "how many messages (0: not limited)", setParsed(func(c *Config) *int64 { return &c.Count }, parseCount)},
	{"duration", "DURATION", "0s", "for how long (0s: not limited)", setParsed(func(c *Config) *time.Duration { return &c.Duration }, ParseDuration)},
	{"rate", "R/s", "", "messages a second, for example 500/s (empty: as fast as the queue takes them)", setParsed(func(c *Config) *int { return &c.Rate }, parseRate)},
	{"seed", "N", "", "the same seed, start and faults give the same bytes (empty: random, and printed)", setSeed},
	{"start", "TIME", DefaultStart, "when the simulated payments begin: a time, or now", setStart},
	{"faults", "SHARES", "", "shares of deliberate faults: duplicate, conflict, malformed, invalid, too_large, reorder (empty: the simulator's own; none: no faults)", setText(func(c *Config) *string { return &c.Faults })},
	{"control", "DURATION", "0s", "send a control total of each source and interval of this length, for example 1m (0s: none)", setParsed(func(c *Config) *time.Duration { return &c.Control }, ParseDuration)},
	{"ledger", "FILE", "", "the file that keeps what was durably sent", setText(func(c *Config) *string { return &c.Ledger })},
	{"dir", "DIR", "", "the folder of the demo (empty: a fresh one)", setText(func(c *Config) *string { return &c.Dir })},

	{"max-held", "N", "", "--check fails above this many held entries", setLimit(func(c *Config) **int64 { return &c.MaxHeld }, parseCount)},
	{"max-ready", "N", "", "--check fails above this many ready messages", setLimit(func(c *Config) **int64 { return &c.MaxReady }, parseCount)},
	{"max-age", "DURATION", "", "--check fails when the oldest message is older", setLimit(func(c *Config) **time.Duration { return &c.MaxAge }, ParseDuration)},

	{"output", "FORM", "text", "how results are printed: text or json", setChoice(func(c *Config) *Output { return &c.Output }, "text", "json")},
	{"log-level", "LEVEL", "info", "debug, info, warn or error", setChoice(func(c *Config) *string { return &c.LogLevel }, "debug", "info", "warn", "error")},
	{"log-format", "FORM", "auto", "text, json, or auto: text on a terminal, json elsewhere", setChoice(func(c *Config) *string { return &c.LogFormat }, "auto", "text", "json")},
	{"progress", "FORM", "auto", "auto (on a terminal), plain or none", setChoice(func(c *Config) *string { return &c.Progress }, "auto", "plain", "none")},
}

func setText(field func(*Config) *string) func(*Config, string) error {
	return func(c *Config, text string) error {
		*field(c) = text
		return nil
	}
}

// setParsed leaves the field alone for an empty text: "not given".
func setParsed[T any](field func(*Config) *T, parse func(string) (T, error)) func(*Config, string) error {
	return func(c *Config, text string) error {
		if text == "" {
			return nil
		}
		v, err := parse(text)
		if err == nil {
			*field(c) = v
		}
		return err
	}
}

func setLimit[T any](field func(*Config) **T, parse func(string) (T, error)) func(*Config, string) error {
	return func(c *Config, text string) error {
		if text == "" {
			return nil
		}
		v, err := parse(text)
		if err == nil {
			*field(c) = &v
		}
		return err
	}
}

func setInt(field func(*Config) *int) func(*Config, string) error {
	return setParsed(field, func(text string) (int, error) {
		n, err := parseCount(text)
		if err == nil && n > 1<<30 {
			err = bad("write a smaller number", "%s is too much", text)
		}
		return int(n), err
	})
}

func setChoice[T ~string](field func(*Config) *T, choices ...string) func(*Config, string) error {
	return setParsed(field, func(text string) (T, error) {
		v, err := parseChoice(text, choices...)
		return T(v), err
	})
}

func setAddress(field func(*Config) *Address) func(*Config, string) error {
	return setParsed(field, func(text string) (Address, error) {
		a, err := ParseAddress(text)
		if err != nil {
			return a, bad("write for example embedded:./recibo-data/queue, amqp://user@host:5672/vhost?queue=payments, sqlite:./recibo-data/recibo.db or postgres://user@host:5432/db", "%v", err)
		}
		return a, nil
	})
}

func setSeed(c *Config, text string) error {
	if text == "" {
		return nil
	}
	n, err := strconv.ParseUint(text, 10, 64)
	if err != nil {
		return bad("write a whole number from 0 up", "%q is not a seed", text)
	}
	c.Seed = &n
	return nil
}

func setStart(c *Config, text string) (err error) {
	c.Start, err = ParseTime(text, time.Now().UTC().Truncate(time.Millisecond))
	return err
}

func setTimezone(c *Config, text string) error {
	if text == "" {
		return nil
	}
	zone, err := time.LoadLocation(text)
	if err != nil {
		return bad("write a name such as America/Sao_Paulo, or UTC", "%q is not a time zone", text)
	}
	c.Timezone = zone
	return nil
}
