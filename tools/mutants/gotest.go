package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"syscall"
	"time"
)

// realGoEnv names the go that is asked in the end.
const realGoEnv = "RECIBO_MUTANTS_GO"

// timed are tests that measure how fast something is, or how far ahead a
// goroutine gets: they fail when the machine is busy, and that would be taken
// for a kill.
const timed = "^(TestDecodeTimePerByte|TestWindowsReadNoFurther)$"

// firstRun is how long the first run of the tests takes at least. Gremlins
// multiplies it to know an endless loop, and a cached build would make it so
// short that a busy machine looks like one.
const firstRun = 6 * time.Second

const notViable = 2 // the exit code that gremlins takes for a mutant that does not compile

// goTest is go, for gremlins. To go test it says more than gremlins does, and
// gremlins it tells apart what go does not: that a mutant does not even compile
// is no merit of the tests. When it is stopped, so is the test.
func goTest(args []string) int {
	var output bytes.Buffer
	isTest := len(args) > 0 && args[0] == "test"
	profile := after(args, "-coverprofile") // of the first run; empty: a mutant's
	if isTest {
		args = slices.Concat([]string{"test", "-count=1", "-vet=off", "-ldflags=-s -w", "-skip", timed}, args[1:])
	}
	cmd := exec.Command(os.Getenv(realGoEnv), args...)
	cmd.Stdout, cmd.Stderr = io.MultiWriter(os.Stdout, &output), os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	start := time.Now()
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return notViable
	}
	defer stopWith(cmd, limit(args))()
	err := cmd.Wait()
	switch {
	case err == nil && profile != "":
		time.Sleep(firstRun - time.Since(start))
		if err := completeCoverage(profile); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		return 0
	case err == nil:
		return 0
	case isTest && !compiles(output.Bytes()):
		return notViable
	}
	return 1
}

// compiles reports whether what go test said is of tests that ran.
func compiles(output []byte) bool {
	return !bytes.Contains(output, []byte("[build failed]")) && !bytes.Contains(output, []byte("[setup failed]"))
}

// limit is how long gremlins waits: go test gets two seconds more from it.
func limit(args []string) time.Duration {
	d, err := time.ParseDuration(after(args, "-timeout"))
	if err != nil {
		return 0
	}
	return d - 2*time.Second
}

// after is the argument that follows a flag, empty without the flag.
func after(args []string, flag string) string {
	if at := slices.Index(args, flag); at >= 0 && at+1 < len(args) {
		return args[at+1]
	}
	return ""
}

// stopWith stops cmd and what it started on a signal, and just before gremlins
// loses its patience: it kills the go it knows, and nothing below it. Then that
// go waits to be killed, as one in an endless loop would.
func stopWith(cmd *exec.Cmd, limit time.Duration) (done func()) {
	signals, ended := make(chan os.Signal, 1), make(chan struct{})
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	var late <-chan time.Time
	if limit > 0 {
		late = time.After(limit - limit/50)
	}
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		select {
		case <-signals:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		case <-late:
			_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
			time.Sleep(limit)
		case <-ended:
		}
	}()
	return func() { close(ended); <-stopped }
}
