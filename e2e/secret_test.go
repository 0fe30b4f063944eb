package e2e_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"recibo/internal/testserver"
)

// watchProcesses looks for the password in the command lines of recibo in this
// place, ten times a second, until the returned function is called.
func (p *place) watchProcesses() (stop func()) {
	p.t.Helper()
	if _, err := os.Stat("/proc/self/cmdline"); err != nil {
		p.t.Skip("no /proc here")
	}
	over := make(chan struct{})
	var watcher sync.WaitGroup
	seen := 0
	watcher.Go(func() {
		for {
			seen += p.lookAtProcesses()
			select {
			case <-over:
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
	})
	end := sync.OnceFunc(func() { close(over); watcher.Wait() })
	p.t.Cleanup(end)
	return func() {
		end()
		if seen == 0 {
			p.t.Error("no process of recibo was seen")
		}
	}
}

// lookAtProcesses returns how many processes of recibo work here.
func (p *place) lookAtProcesses() int {
	lists, _ := filepath.Glob("/proc/[0-9]*/cmdline")
	seen := 0
	for _, name := range lists {
		line, err := os.ReadFile(name)
		if dir, _ := os.Readlink(filepath.Join(filepath.Dir(name), "cwd")); err != nil || dir != p.dir || !bytes.HasPrefix(line, []byte(binary)) {
			continue
		}
		seen++
		if bytes.Contains(line, []byte(testserver.Password)) {
			p.t.Errorf("%s shows the password", name)
		}
	}
	return seen
}

// neverSaid looks for the password in all output so far. No command runs any
// more.
func (p *place) neverSaid() {
	p.t.Helper()
	for _, out := range p.said {
		if strings.Contains(out.String(), testserver.Password) {
			p.t.Error("the password is in what a command says")
		}
	}
}
