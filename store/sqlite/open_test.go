package sqlite_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"recibo/store"
	"recibo/store/sqlite"
)

// TestConfigErrors are what waiting cannot mend.
func TestConfigErrors(t *testing.T) {
	for _, c := range []struct {
		name    string
		arrange func(t *testing.T, file string) string // returns the file to open
		o       sqlite.Options
		words   string
		hint    string
	}{
		{"not a database", func(t *testing.T, file string) string {
			write(t, file, strings.Repeat("this is no database ", 500))
			return file
		}, sqlite.Options{}, "not a database", "another file"},
		{"a folder", func(t *testing.T, file string) string { return filepath.Dir(file) }, sqlite.Options{}, "is a folder", "name of a file"},
		{"a folder, to look at", func(t *testing.T, file string) string { return filepath.Dir(file) }, sqlite.Options{ReadOnly: true}, "is a folder", "name of a file"},
		{"a path through a file", func(t *testing.T, file string) string {
			write(t, file, "x")
			return filepath.Join(file, "sub", "recibo.db")
		}, sqlite.Options{}, "not a directory", "folder where this user may write"},
		{"a folder that may not be written", func(t *testing.T, _ string) string { return "/proc/self/recibo/recibo.db" }, sqlite.Options{}, "", "folder where this user may write"},
		{"nothing there, to look at", func(t *testing.T, file string) string { return file }, sqlite.Options{ReadOnly: true}, "no such file", "recibo migrate"},
		{"no tables, to look at", func(t *testing.T, file string) string { write(t, file, ""); return file }, sqlite.Options{ReadOnly: true}, "schema 0", "recibo migrate"},
		{"newer", func(t *testing.T, file string) string { newer(t, file); return file }, sqlite.Options{}, "newer recibo (schema 9, this program knows 2)", "newer recibo"},
		{"newer, to look at", func(t *testing.T, file string) string { newer(t, file); return file }, sqlite.Options{ReadOnly: true}, "newer recibo (schema 9, this program knows 2)", "newer recibo"},
		{"older, to look at", func(t *testing.T, file string) string { older(t, file); return file }, sqlite.Options{ReadOnly: true}, "schema 1, this program wants 2", "recibo migrate"},
		{"another program's beside an older one", func(t *testing.T, file string) string {
			rawExec(t, older(t, file), "CREATE TABLE redrives (id INTEGER)")
			return file
		}, sqlite.Options{}, "another program's table redrives", "another file"},
		{"another program's", func(t *testing.T, file string) string {
			rawExec(t, rawDB(t, file), "CREATE TABLE payments (id INTEGER)")
			return file
		}, sqlite.Options{}, "another program's table payments", "another file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			file := c.arrange(t, filepath.Join(t.TempDir(), "recibo.db"))
			s, err := sqlite.Open(t.Context(), file, c.o)
			if err == nil {
				_ = s.Close()
			}
			config, ok := errors.AsType[*store.ConfigError](err)
			if !ok {
				t.Fatalf("error %v, want a *store.ConfigError", err)
			}
			if config.Target != "sqlite:"+file || !strings.Contains(config.Error(), c.words) || !strings.Contains(config.Hint(), c.hint) {
				t.Errorf("%v\nhint: %s", config, config.Hint())
			}
			if strings.Contains(config.Hint(), "\n") || strings.Count(config.Error(), "\n") > 0 {
				t.Errorf("more than a line: %q, %q", config.Error(), config.Hint())
			}
		})
	}
}

func write(t *testing.T, file, content string) {
	t.Helper()
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

// newer makes a database that a later version has upgraded.
func newer(t *testing.T, file string) {
	t.Helper()
	open(t, file, sqlite.Options{})
	rawExec(t, rawDB(t, file), "INSERT INTO recibo_migrations (version_id, is_applied) VALUES (9, 1)")
}

func TestLookingMakesNothing(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "not", "there")
	if _, err := sqlite.Open(t.Context(), filepath.Join(folder, "recibo.db"), sqlite.Options{ReadOnly: true}); err == nil {
		t.Fatal("no error")
	}
	if _, err := os.Stat(filepath.Dir(folder)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a folder was made: %v", err)
	}
}

func TestReadOnly(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	writer := open(t, file, sqlite.Options{})
	reader := open(t, file, sqlite.Options{ReadOnly: true})
	for i, id := range []string{"a", "b"} {
		if err := writer.Update(t.Context(), recording(newPayment(id, 1))); err != nil {
			t.Fatal(err)
		}
		wantPayments(t, reader, i+1)
	}
	for what, err := range map[string]error{"update": reader.Update(t.Context(), recording(newPayment("c", 1))), "migrate": reader.Migrate(t.Context())} {
		if _, ok := errors.AsType[*store.ConfigError](err); !ok {
			t.Errorf("%s: %v, want a *store.ConfigError", what, err)
		}
	}
	if err := reader.Check(t.Context()); err != nil {
		t.Errorf("check: %v", err)
	}
}

// TestReadOnlyAfterCrash reads what stands only in the log of a process that
// did not close the database.
func TestReadOnlyAfterCrash(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	writer := open(t, file, sqlite.Options{})
	if err := writer.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	crashed := t.TempDir()
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(file + end)
		if err != nil {
			t.Fatal(err)
		}
		write(t, filepath.Join(crashed, "recibo.db"+end), string(b))
	}
	wantPayments(t, open(t, filepath.Join(crashed, "recibo.db"), sqlite.Options{ReadOnly: true}), 1)
}

func TestFileIsPrivate(t *testing.T) {
	file := filepath.Join(t.TempDir(), "data", "recibo.db")
	s := open(t, file, sqlite.Options{})
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]os.FileMode{filepath.Dir(file): 0o700, file: 0o600, file + "-wal": 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", filepath.Base(name), got, want)
		}
	}
}

func TestStrangeFileNames(t *testing.T) {
	for _, name := range []string{"with space.db", "a?b=c&mode=memory.db", "100%.db", "#1.db", "pagamentos-é.db", "%41.db"} {
		file := filepath.Join(t.TempDir(), name)
		s := open(t, file, sqlite.Options{})
		if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := os.Stat(file); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestOpenAtOnce(t *testing.T) {
	for range 5 {
		file := filepath.Join(t.TempDir(), "recibo.db")
		var wg sync.WaitGroup
		for range 6 {
			wg.Go(func() {
				s, err := sqlite.Open(t.Context(), file, sqlite.Options{})
				if err != nil {
					t.Errorf("open: %v", err)
					return
				}
				if err := s.Close(); err != nil {
					t.Errorf("close: %v", err)
				}
			})
		}
		wg.Wait()
	}
}

func TestCloseLeavesOneFile(t *testing.T) {
	folder := t.TempDir()
	s := open(t, filepath.Join(folder, "recibo.db"), sqlite.Options{})
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	left, err := os.ReadDir(folder)
	if err != nil || len(left) != 1 {
		t.Errorf("%v, error %v; want one file", left, err)
	}
	if err := s.Update(t.Context(), recording(newPayment("b", 1))); err == nil {
		t.Error("a closed store records")
	}
}
