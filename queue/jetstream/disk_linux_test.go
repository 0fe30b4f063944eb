package jetstream_test

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"recibo/queue"
	"recibo/queue/jetstream"
)

// smallDisk mounts a file system of that size. Only root may.
func smallDisk(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		t.Skipf("a small disk cannot be mounted here: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestFullDiskAtTheStart(t *testing.T) {
	_, err := jetstream.OpenEmbedded(t.Context(), smallDisk(t, "512k"), jetstream.Options{})
	var config *queue.ConfigError
	if !errors.As(err, &config) || !strings.Contains(config.Hint(), "make room") {
		t.Fatalf("%v, want a *queue.ConfigError that says to make room", err)
	}
	t.Log(err)
}

// TestFullDiskOnTheWay: what was accepted stays, and once there is room again
// the queue works again by itself.
func TestFullDiskOnTheWay(t *testing.T) {
	dir := smallDisk(t, "40m")
	filler := filepath.Join(dir, "filler")
	if err := os.WriteFile(filler, make([]byte, 20<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := jetstream.OpenEmbedded(t.Context(), filepath.Join(dir, "queue"), jetstream.Options{Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, b)
	s := source(t, b, 10)
	defer closing(t, s)
	p, err := b.Publisher(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer closing(t, p)
	accepted := 0
	for {
		ms := numbered(accepted, accepted+100)
		for i := range ms {
			ms[i].Body = make([]byte, 10_000)
		}
		if err = p.Publish(t.Context(), ms); err != nil {
			break
		}
		accepted += 100
	}
	t.Logf("after %d messages: %v", accepted, err)
	if accepted < 100 {
		t.Fatal("nothing was accepted before the disk was full")
	}
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	freed := time.Now()
	publishAgain(t, b, numbered(1_000_000, 1_000_010))
	t.Logf("publishing again %v after there was room", time.Since(freed))
	seen := map[string]bool{}
	readUntil(t, s, seen, func() bool { return hasAll(seen, 0, accepted) && hasAll(seen, 1_000_000, 1_000_010) })
}
