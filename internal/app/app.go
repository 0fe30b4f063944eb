package app

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"runtime/debug"

	"recibo/internal/config"
	"recibo/wire"
)

// App is one run of one command.
type App struct {
	Config *config.Config
	Log    *slog.Logger
}

// decoding is how the recorder reads messages.
func (a *App) decoding() wire.Options {
	return wire.Options{MaxBytes: a.Config.MaxEventBytes, Timezone: a.Config.Timezone}
}

// runID names this process start, on every machine and for ever.
func runID() string {
	var b [4]byte
	_, _ = rand.Read(b[:]) // never fails
	return fmt.Sprintf("%s-%d-%x", host(), os.Getpid(), b)
}

func host() string {
	name, err := os.Hostname()
	if err != nil {
		return "unknown"
	}
	return name
}

// Build says which program this is.
type Build struct {
	Version  string `json:"version"`
	Revision string `json:"revision"`
	Go       string `json:"go"`
}

// BuildInfo reads what the toolchain noted.
func BuildInfo() Build {
	b := Build{Version: "devel"}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	b.Go = info.GoVersion
	if v := info.Main.Version; v != "" && v != "(devel)" {
		b.Version = v
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			b.Revision = s.Value
		}
	}
	return b
}
