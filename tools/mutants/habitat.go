package main

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"time"
)

const (
	reports  = "bin/mutants"
	gremlins = "bin/gremlins"
)

// mutators are gremlins' own choice and what pays besides: && for ||, break for
// continue, and what happens to a sum, a count or a hash.
// --invert-negatives is off: it makes each mutant of a minus a second time.
var mutators = []string{
	"--invert-logical", "--invert-loopctrl", "--invert-assignments", "--remove-self-assignments",
	"--invert-bitwise", "--invert-bwassign", "--invert-negatives=false",
}

// timeoutCoefficient times the first run of the tests, at least firstRun, is
// what a mutant has before it counts as an endless loop.
const timeoutCoefficient = "5"

// habitat is a folder with a copy of the tree, gremlins' own copies of it, and
// a go that says more than the real one.
type habitat struct{ dir, root, gremlins string }

func newHabitat() (*habitat, error) {
	dir, err := os.MkdirTemp("", "mutants-")
	if err != nil {
		return nil, err
	}
	h := &habitat{dir: dir, root: filepath.Join(dir, "tree")}
	if err := h.fill(); err != nil {
		h.remove()
		return nil, err
	}
	return h, nil
}

func (h *habitat) fill() (err error) {
	if h.gremlins, err = filepath.Abs(gremlins); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, name := range []string{"bin", "tmp", "tree"} {
		if err := os.Mkdir(filepath.Join(h.dir, name), 0o755); err != nil {
			return err
		}
	}
	if err := os.Symlink(self, filepath.Join(h.dir, "bin", "go")); err != nil {
		return err
	}
	return copyTree(h.root, ".")
}

// remove tries again for a while: after an interrupt, tests that are being killed
// may still write.
func (h *habitat) remove() {
	err := os.RemoveAll(h.dir)
	for until := time.Now().Add(10 * time.Second); err != nil && time.Now().Before(until); err = os.RemoveAll(h.dir) {
		time.Sleep(100 * time.Millisecond)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutants:", err)
	}
}

// copyTree leaves out what no test of the packages needs: each worker of
// gremlins copies all there is once more.
func copyTree(to, from string) error {
	return filepath.WalkDir(from, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || path == "bin"):
			return fs.SkipDir
		case d.IsDir():
			return os.MkdirAll(filepath.Join(to, path), 0o755)
		case !d.Type().IsRegular():
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, path), text, 0o644)
	})
}

// mutate runs gremlins over one package.
func (h *habitat) mutate(ctx context.Context, name string, workers int) (report, error) {
	realGo, err := exec.LookPath("go")
	if err != nil {
		return report{}, err
	}
	out, err := filepath.Abs(filepath.Join(reports, filepath.Base(name)+".json"))
	if err != nil {
		return report{}, err
	}
	_ = os.Remove(out) // or an old one would be taken for the new
	args := append([]string{"unleash", "--workers", strconv.Itoa(workers), "--timeout-coefficient", timeoutCoefficient,
		"--output", out}, mutators...)
	cmd := exec.CommandContext(ctx, h.gremlins, append(args, filepath.Join(h.root, name))...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = h.root, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), realGoEnv+"="+realGo, "TMPDIR="+filepath.Join(h.dir, "tmp"),
		"PATH="+filepath.Join(h.dir, "bin")+string(os.PathListSeparator)+os.Getenv("PATH"))
	// It and all that it started stop together.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	cmd.WaitDelay = 10 * time.Second
	if err := cmd.Run(); err != nil {
		return report{}, err
	}
	return readReport(name, out)
}
