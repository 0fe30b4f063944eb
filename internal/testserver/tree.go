package testserver

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// tick is the unit of times in /proc: USER_HZ is 100 wherever Linux runs Go.
const tick = 10 * time.Millisecond

// status is what /proc tells of one process.
type status struct {
	pid, parent int
	state       byte          // R, S, D, T (stopped), Z (a zombie) ...
	spent       time.Duration // user and system, its ended and awaited children included
}

func (s status) ended() bool { return s.state == 'Z' || s.state == 'X' }

// readStatus parses /proc/PID/stat. The name in it may hold anything, so the
// fields are counted from the last parenthesis.
func readStatus(path string) (status, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return status{}, false
	}
	end := bytes.LastIndexByte(text, ')')
	fields := strings.Fields(string(text[end+1:]))
	if end < 0 || len(fields) < 15 {
		return status{}, false
	}
	number := func(s string) int {
		n, _ := strconv.Atoi(s)
		return n
	}
	return status{
		pid:    number(filepath.Base(filepath.Dir(path))),
		parent: number(fields[1]),
		state:  fields[0][0],
		spent: tick * time.Duration(number(fields[11])+number(fields[12])+
			number(fields[13])+number(fields[14])),
	}, true
}

// tree is every process that descends from one of roots, roots first, zombies
// included: until its parent waits for one, its time is counted nowhere else.
// Sessions and groups do not matter: the backends of PostgreSQL leave theirs.
func tree(roots ...int) []status {
	paths, _ := filepath.Glob("/proc/[0-9]*/stat")
	byPID := map[int]status{}
	children := map[int][]int{}
	for _, path := range paths {
		if s, ok := readStatus(path); ok {
			byPID[s.pid] = s
			children[s.parent] = append(children[s.parent], s.pid)
		}
	}
	var found []status
	for queue := roots; len(queue) > 0; queue = queue[1:] {
		s, ok := byPID[queue[0]]
		if !ok {
			continue
		}
		delete(byPID, s.pid) // each once, whatever the roots
		found = append(found, s)
		queue = append(queue[:len(queue):len(queue)], children[s.pid]...)
	}
	return found
}

// halt stops a tree with SIGSTOP and returns its pids. It looks again until
// nothing runs that could have forked meanwhile.
func halt(roots ...int) ([]int, error) {
	for range 1000 {
		all, running := tree(roots...), false
		pids := make([]int, len(all))
		for i, s := range all {
			pids[i] = s.pid
			if s.state != 'T' && !s.ended() {
				running = true
				_ = syscall.Kill(s.pid, syscall.SIGSTOP)
			}
		}
		if !running {
			return pids, nil
		}
		time.Sleep(time.Millisecond)
	}
	return nil, fmt.Errorf("the processes below %v do not stop", roots)
}

// end kills processes with SIGKILL and waits until they are gone.
func end(pids []int) error {
	signal(pids, syscall.SIGKILL)
	for range 5000 {
		if !alive(pids) {
			return nil
		}
		time.Sleep(time.Millisecond)
	}
	return fmt.Errorf("processes %v outlive SIGKILL", pids)
}

func signal(pids []int, sig syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, sig)
	}
}

// alive tells whether one of pids still is more than a zombie.
func alive(pids []int) bool {
	for _, pid := range pids {
		s, ok := readStatus(fmt.Sprintf("/proc/%d/stat", pid))
		if ok && !s.ended() {
			return true
		}
	}
	return false
}

// resident is the memory of a tree in bytes. What processes share is counted
// once where the kernel tells (Pss), else as often as they have it mapped.
func resident(roots ...int) int64 {
	var sum int64
	for _, s := range tree(roots...) {
		dir := fmt.Sprintf("/proc/%d/", s.pid)
		kilobytes, ok := field(dir+"smaps_rollup", "Pss:")
		if !ok {
			kilobytes, _ = field(dir+"status", "VmRSS:")
		}
		sum += kilobytes * 1024
	}
	return sum
}

// field is the number behind name in a file of /proc.
func field(path, name string) (int64, bool) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, false
	}
	for line := range strings.Lines(string(text)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, err := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n, err == nil
		}
	}
	return 0, false
}
