package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"syscall"
)

// What a recorder may have at most, whatever happens to it.
const (
	mostBytes       = 256 << 20
	mostForGiant    = 768 << 20 // while a message of 64 MB is in hand
	mostDescriptors = 100
	mostThreads     = 60
	// mostGoroutines is how many more an idle recorder may have after its ordeal
	// than one that was just started.
	mostGoroutines = 12
)

// measure looks at the recorder that runs, the peak of its memory included.
func (s *siege) measure() {
	s.t.Helper()
	dir := fmt.Sprintf("/proc/%d", s.recorder.Process.Pid)
	status, err := os.ReadFile(dir + "/status")
	open, openErr := os.ReadDir(dir + "/fd")
	if err != nil || openErr != nil {
		return // it was killed
	}
	r := &s.result.Recorder
	r.Bytes = max(r.Bytes, numberIn(status, "VmHWM:")<<10)
	r.Threads = max(r.Threads, int(numberIn(status, "Threads:")))
	r.Descriptors = max(r.Descriptors, len(open))
}

// numberIn is the number after name in a file of /proc; 0 for a zombie.
func numberIn(status []byte, name string) int64 {
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

var goroutine = regexp.MustCompile(`(?m)^goroutine \d+ `)

// goroutines has a recorder print them all, which ends it, and counts them.
func (s *siege) goroutines(recorder *exec.Cmd) int {
	s.t.Helper()
	if err := recorder.Process.Signal(syscall.SIGQUIT); err != nil {
		s.fail("a recorder has ended: %v", err)
	}
	_ = recorder.Wait()
	n := len(goroutine.FindAll(recorder.Stderr.(*bytes.Buffer).Bytes(), -1))
	if n == 0 {
		s.fail("a recorder printed no goroutines")
	}
	return n
}

// leaks wants the recorder to have kept nothing of its ordeal.
func (s *siege) leaks() {
	s.t.Helper()
	r, bytes := s.result.Recorder, int64(mostBytes)
	if s.giantTaken {
		bytes = mostForGiant
	}
	if r.Bytes > bytes || r.Descriptors > mostDescriptors || r.Threads > mostThreads {
		s.fail("the recorder had %d MiB, %d descriptors, %d threads; want at most %d, %d, %d",
			r.Bytes>>20, r.Descriptors, r.Threads, bytes>>20, mostDescriptors, mostThreads)
	}
	if r.Goroutines > r.Fresh+mostGoroutines {
		s.fail("%d goroutines are left, a fresh recorder has %d", r.Goroutines, r.Fresh)
	}
}
