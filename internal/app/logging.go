package app

import (
	"io"
	"log/slog"
	"time"

	"github.com/lmittmann/tint"
)

// LogConfig says how logs are written.
type LogConfig struct {
	Level  string // debug, info, warn, error
	Format string // text or json
	Colour bool
}

// NewLogger makes the logger of a process.
func NewLogger(w io.Writer, c LogConfig) *slog.Logger {
	var level slog.Level
	if err := level.UnmarshalText([]byte(c.Level)); err != nil {
		level = slog.LevelInfo
	}
	if c.Format == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(tint.NewTextHandler(w, &tint.Options{Level: level, NoColor: !c.Colour, TimeFormat: time.TimeOnly}))
}
