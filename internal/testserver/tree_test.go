package testserver

import (
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// family is the tree of the process of a command.
func family(t *testing.T, script string) (*exec.Cmd, func() []status) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return cmd, func() []status { return tree(cmd.Process.Pid) }
}

func eventually(t *testing.T, what string, is func() bool) {
	t.Helper()
	for range 500 {
		if is() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("%s: not within 5 s", what)
}

// A process that has ended and that nobody has waited for holds its time.
func TestTreeHasZombies(t *testing.T) {
	t.Parallel()
	cmd, tree := family(t, "i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done")
	eventually(t, "a zombie", func() bool { return len(tree()) == 1 && tree()[0].ended() })
	if tree()[0].spent < tick {
		t.Errorf("it has spent %v", tree()[0].spent)
	}
	if pids, err := halt(cmd.Process.Pid); err != nil || len(pids) != 1 {
		t.Errorf("halt: %v, %v", pids, err)
	}
	if alive([]int{cmd.Process.Pid}) {
		t.Error("it counts as alive")
	}
	_ = cmd.Wait()
	if left := tree(); len(left) != 0 {
		t.Errorf("after it was waited for: %v", left)
	}
}

// A grandchild in a session of its own is halted too, and so is one that is just
// being born.
func TestTreeIsHaltedWhole(t *testing.T) {
	t.Parallel()
	cmd, tree := family(t, "setsid sleep 60 & while :; do sleep 0.001; done")
	eventually(t, "a grandchild", func() bool { return len(tree()) >= 2 })
	pids, err := halt(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
	for _, s := range tree() {
		if !slices.Contains(pids, s.pid) || s.state != 'T' && !s.ended() {
			t.Errorf("%+v is not halted", s)
		}
	}
	if pids[0] != cmd.Process.Pid || len(pids) < 2 {
		t.Errorf("halted %v, want the family of %d", pids, cmd.Process.Pid)
	}
	if err := end(pids); err != nil {
		t.Error(err)
	}
	_ = cmd.Wait()
	if resident(os.Getpid()) < 1<<20 {
		t.Error("this process has no memory")
	}
}
