package app

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func says(text string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, text)
		return err
	}
}

// wantFile wants the file to say text, and nothing else in its folder.
func wantFile(t *testing.T, path, text string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil || string(got) != text {
		t.Errorf("the file has %q, %v; want %q", got, err, text)
	}
	if entries, err := os.ReadDir(filepath.Dir(path)); err != nil || len(entries) != 1 {
		t.Errorf("in the folder: %v, %v", entries, err)
	}
}

func TestWriteFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := WriteFile(path, false, says("one")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "one")
	if err := WriteFile(path, false, says("two")); ExitCode(err) != ExitUsage {
		t.Errorf("error %v", err)
	}
	wantFile(t, path, "one")
	if err := WriteFile(path, true, says("three")); err != nil {
		t.Fatal(err)
	}
	wantFile(t, path, "three")
}

// TestWriteFileKeepsWhatWasThere when the new content does not come to its end.
func TestWriteFileKeepsWhatWasThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	if err := WriteFile(path, false, says("one")); err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	err := WriteFile(path, true, func(w io.Writer) error {
		return errors.Join(says("half")(w), broken)
	})
	if !errors.Is(err, broken) {
		t.Errorf("error %v", err)
	}
	wantFile(t, path, "one")
}

// TestWriteFileMeetsAnother: a file that somebody made in the meantime is kept.
func TestWriteFileMeetsAnother(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.csv")
	err := WriteFile(path, false, func(w io.Writer) error {
		return errors.Join(says("ours")(w), os.WriteFile(path, []byte("theirs"), 0o600))
	})
	if ExitCode(err) != ExitUsage {
		t.Errorf("error %v", err)
	}
	wantFile(t, path, "theirs")
}
