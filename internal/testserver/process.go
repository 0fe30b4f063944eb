package testserver

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"sync"
	"syscall"
	"time"
)

// daemon is a program that stays.
type daemon struct {
	path string
	args []string
	env  []string // all of it: nothing of ours is handed on
	dir  string
	log  string // the file that takes its output
	as   account
	// stop asks it to end, death ends it when this process has died.
	stop, death syscall.Signal
}

// process is a daemon that was started.
type process struct {
	daemon
	pid  int
	done chan struct{} // closed once it has ended and was waited for
	// For after done: how it ended, and the time that it and the children that
	// it had waited for took.
	end   string
	spent time.Duration
}

func (d daemon) start() (*process, error) {
	log, err := os.OpenFile(d.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return nil, err
	}
	defer log.Close()
	cmd := exec.Command(d.path, d.args...)
	cmd.Env, cmd.Dir = d.env, d.dir
	cmd.Stdout, cmd.Stderr = log, log
	cmd.SysProcAttr = d.as.attributes(d.death)
	if err := spawn(cmd); err != nil {
		return nil, err
	}
	p := &process{daemon: d, pid: cmd.Process.Pid, done: make(chan struct{})}
	go func() {
		_ = cmd.Wait()
		p.end = cmd.ProcessState.String()
		p.spent = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
		close(p.done)
	}()
	return p, nil
}

func (p *process) running() bool {
	select {
	case <-p.done:
		return false
	default:
		return true
	}
}

// spawner is a thread that starts processes and never ends: Linux takes the
// end of the thread that started a child for the death of its parent.
var spawner = sync.OnceValue(func() chan<- func() {
	jobs := make(chan func())
	go func() {
		runtime.LockOSThread()
		for job := range jobs {
			job()
		}
	}()
	return jobs
})

func spawn(cmd *exec.Cmd) error {
	failed := make(chan error)
	spawner() <- func() { failed <- cmd.Start() }
	return <-failed
}

// guard kills stopped processes if this one dies: they would not notice that
// their parent did. The returned function calls it off.
func guard(pids []int) (func(), error) {
	args := []string{"-c", `read ok || kill -KILL "$@"`, "sh"}
	for _, pid := range pids {
		args = append(args, strconv.Itoa(pid))
	}
	cmd := exec.Command("/bin/sh", args...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("guard: %w", err)
	}
	return func() {
		_, _ = io.WriteString(in, "ok\n")
		_ = cmd.Wait()
	}, nil
}
