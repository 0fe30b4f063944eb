// Command shared starts the servers that tests share, once for a whole run:
//
//	go run ./internal/testserver/shared -- COMMAND ARGUMENT...
//
// It installs what is missing, announces the servers in RECIBO_TEST_SERVERS,
// runs the command with its output and exit code passed through, and stops
// everything. With bash as the command it keeps them for looking around.
package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"syscall"

	"recibo/internal/testserver"
)

func main() {
	args := os.Args[1:]
	if len(args) > 0 && args[0] == "--" {
		args = args[1:]
	}
	if len(args) == 0 {
		fmt.Fprintln(os.Stderr, "usage: shared -- COMMAND ARGUMENT...")
		os.Exit(2)
	}
	os.Exit(run(args))
}

// run takes signals from the beginning, so that none ends us with servers
// running.
func run(args []string) int {
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	path, stop, err := testserver.Share()
	if err != nil {
		fmt.Fprintln(os.Stderr, "shared:", err)
		return 1
	}
	code := command(args, path, signals)
	if err := stop(); err != nil {
		fmt.Fprintln(os.Stderr, "shared:", err)
		code = max(code, 1)
	}
	return code
}

// command runs args and hands signals on to it.
func command(args []string, servers string, signals <-chan os.Signal) int {
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.Env = append(os.Environ(), "RECIBO_TEST_SERVERS="+servers)
	select {
	case s := <-signals: // while the servers started
		return exit(s.(syscall.Signal))
	default:
	}
	if err := cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "shared:", err)
		return 127
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	for {
		select {
		case s := <-signals:
			_ = cmd.Process.Signal(s)
		case err := <-done:
			return result(err)
		}
	}
}

// result is the exit code of a command as a shell tells it.
func result(err error) int {
	var exited *exec.ExitError
	switch {
	case err == nil:
		return 0
	case !errors.As(err, &exited):
		fmt.Fprintln(os.Stderr, "shared:", err)
		return 1
	}
	if status, ok := exited.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return exit(status.Signal())
	}
	return exited.ExitCode()
}

func exit(s syscall.Signal) int { return 128 + int(s) }
