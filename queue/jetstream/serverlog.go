package jetstream

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// writeFailure is in the line by which the server says that a stream cannot
// write any more; there is no other way to learn of it. TestFullDiskOnTheWay
// fails when the words change.
const writeFailure = "critical write error"

// quietFor is how long a line that the server repeats is not passed on again.
const quietFor = time.Minute

// serverLog passes on what the embedded server warns of. It never exits: a
// server that cannot go on is started again.
type serverLog struct {
	log         *slog.Logger
	cannotWrite atomic.Bool // a stream refuses to write after an error of the disk

	mu   sync.Mutex
	last string               // the last fatal or error line
	said map[string]time.Time // by format: when it was passed on
}

func (l *serverLog) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.last == "" {
		return errors.New("embedded server did not start in time")
	}
	return fmt.Errorf("embedded server: %s", l.last)
}

// write passes a line on, unless its like was within quietFor.
func (l *serverLog) write(level slog.Level, format string, args []any) {
	if l.log == nil {
		return
	}
	l.mu.Lock()
	now := time.Now()
	repeated := now.Sub(l.said[format]) < quietFor
	if !repeated {
		l.said[format] = now
	}
	l.mu.Unlock()
	if !repeated {
		l.log.Log(context.Background(), level, "embedded queue", "said", fmt.Sprintf(format, args...))
	}
}

func (l *serverLog) keep(format string, args []any) {
	if strings.Contains(strings.ToLower(format), writeFailure) {
		l.cannotWrite.Store(true)
	}
	l.mu.Lock()
	l.last = fmt.Sprintf(format, args...)
	l.mu.Unlock()
	l.write(slog.LevelError, format, args)
}

func (l *serverLog) Noticef(string, ...any)            {}
func (l *serverLog) Debugf(string, ...any)             {}
func (l *serverLog) Tracef(string, ...any)             {}
func (l *serverLog) Warnf(format string, args ...any)  { l.write(slog.LevelWarn, format, args) }
func (l *serverLog) Errorf(format string, args ...any) { l.keep(format, args) }
func (l *serverLog) Fatalf(format string, args ...any) { l.keep(format, args) }
