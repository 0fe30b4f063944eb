package jetstream_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"recibo/queue"
	"recibo/queue/jetstream"
)

func TestFolderThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	tests := map[string]string{"is a file": file, "is below a file": filepath.Join(file, "queue")}
	if _, err := os.Stat("/proc/self"); err == nil {
		tests["cannot be made"] = "/proc/recibo/queue"
	}
	if os.Geteuid() != 0 { // root may write anywhere
		readOnly := t.TempDir()
		if err := os.Chmod(readOnly, 0o500); err != nil {
			t.Fatal(err)
		}
		tests["is read-only"] = readOnly
		tests["is below a read-only folder"] = filepath.Join(readOnly, "queue")
	} else if _, err := os.Stat("/sys/kernel"); err == nil {
		tests["is where nobody may write"] = "/sys/kernel/recibo-queue"
	}
	for name, dir := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := jetstream.OpenEmbedded(t.Context(), dir, jetstream.Options{})
			var config *queue.ConfigError
			if !errors.As(err, &config) || config.Hint() == "" {
				t.Fatalf("%v, want a *queue.ConfigError with a hint", err)
			}
			t.Logf("%v\nhint: %s", err, config.Hint())
		})
	}
}
