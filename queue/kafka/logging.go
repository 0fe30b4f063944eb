package kafka

import (
	"context"
	"log/slog"

	"github.com/twmb/franz-go/pkg/kgo"
)

// bridge takes what the library says to slog. It says the same of every attempt
// of an outage, so that all is at level debug: what people must know, we say.
type bridge struct{ log *slog.Logger }

// Level is what the library need not even put together.
func (b bridge) Level() kgo.LogLevel {
	if b.log.Enabled(context.Background(), slog.LevelDebug) {
		return kgo.LogLevelInfo
	}
	return kgo.LogLevelNone
}

// Log hands on one line.
func (b bridge) Log(level kgo.LogLevel, msg string, keyvals ...any) {
	b.log.Debug(msg, append(keyvals[:len(keyvals):len(keyvals)], "said_as", level.String())...)
}
