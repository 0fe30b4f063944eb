package main_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"recibo/internal/testserver"
)

// inside says, in this test binary run as the command, what it is to do.
const inside = "RECIBO_TEST_INSIDE"

type runner func() int

func (r runner) Run() int { return r() }

func TestMain(m *testing.M) {
	switch os.Getenv(inside) {
	case "use":
		os.Exit(testserver.Main(runner(use)))
	case "freeze":
		os.Exit(testserver.Main(runner(freeze)))
	}
	os.Exit(testserver.Main(m))
}

// use tells what a test would be given.
func use() int {
	err := testserver.Outside("use", func(t testing.TB) {
		s := testserver.Postgres(t)
		fmt.Fprintln(os.Stdout, "postgres", s.Addr(), s.SQL(t, s.Database(t), "SELECT 'works'"))
	})
	fmt.Fprintln(os.Stdout, "error", err)
	err = testserver.Outside("use", func(t testing.TB) { testserver.RabbitMQ(t) })
	fmt.Fprintln(os.Stdout, "rabbitmq", err)
	return 0
}

// freeze dies with a frozen server.
func freeze() int {
	err := testserver.Outside("freeze", func(t testing.TB) {
		testserver.NewPostgres(t).Freeze(t)
		fmt.Fprintln(os.Stdout, "frozen now")
		_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	})
	fmt.Fprintln(os.Stdout, err)
	return 1
}

// run is the program running a shell script as its command.
type run struct {
	*exec.Cmd
	out *bufio.Scanner
	dir string // for its temporary files
}

// start runs script, with $test as this test binary, in a process group of its
// own that ends with the test.
func start(t *testing.T, script string, env ...string) *run {
	t.Helper()
	path := filepath.Join(t.TempDir(), "shared")
	if out, err := exec.Command("go", "build", "-buildvcs=false", "-o", path, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	// Not t.TempDir: PostgreSQL may have to run as somebody else.
	dir, err := os.MkdirTemp("", "recibo-shared-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(path, "--", "/bin/sh", "-c", script)
	cmd.Env = append(append(os.Environ(), "RECIBO_TEST_SERVERS=", "TMPDIR="+dir, "test="+os.Args[0]), env...)
	cmd.Stderr = os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
	return &run{cmd, bufio.NewScanner(out), dir}
}

// onlyPostgres keeps it from finding RabbitMQ.
func onlyPostgres(t *testing.T) string {
	t.Helper()
	return "RECIBO_TEST_PROGRAMS=" + filepath.Dir(testserver.Program(t, "postgres"))
}

// line reads the output up to a line that begins so, and returns its rest.
func (r *run) line(t *testing.T, prefix string) string {
	t.Helper()
	var before []string
	for r.out.Scan() {
		if rest, ok := strings.CutPrefix(r.out.Text(), prefix+" "); ok {
			return rest
		}
		before = append(before, r.out.Text())
	}
	t.Fatalf("no line %q in:\n%s", prefix, strings.Join(before, "\n"))
	return ""
}

// exit waits for the end and returns the exit code.
func (r *run) exit() int {
	for r.out.Scan() {
	}
	_ = r.Wait()
	return r.ProcessState.ExitCode()
}

// processes are those that work in its temporary folder.
func (r *run) processes() []string {
	var found []string
	dirs, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, link := range dirs {
		if dir, err := os.Readlink(link); err == nil && strings.HasPrefix(dir, r.dir) {
			found = append(found, filepath.Dir(link))
		}
	}
	return found
}

func (r *run) expectNoProcess(t *testing.T) {
	t.Helper()
	var left []string
	for range 100 {
		if left = r.processes(); len(left) == 0 {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Errorf("still running after 5 s: %v", left)
}

func TestCommandUsesTheServers(t *testing.T) {
	t.Parallel()
	r := start(t, `echo servers $(cat "$RECIBO_TEST_SERVERS"); `+inside+`=use $test; exit 7`, onlyPostgres(t))
	var announced struct{ Postgres struct{ Addr string } }
	if err := json.Unmarshal([]byte(r.line(t, "servers")), &announced); err != nil {
		t.Fatal(err)
	}
	if got, want := r.line(t, "postgres"), announced.Postgres.Addr+" works"; got != want {
		t.Errorf("the command uses %q, announced is %q", got, want)
	}
	if got := r.line(t, "error"); got != "<nil>" {
		t.Error(got)
	}
	if got := r.line(t, "rabbitmq"); !strings.Contains(got, "skipped: rabbitmq-server is not in") {
		t.Errorf("without RabbitMQ: %q", got)
	}
	if code := r.exit(); code != 7 {
		t.Errorf("exit code %d, want that of the command", code)
	}
	r.expectNoProcess(t)
	if left, err := os.ReadDir(r.dir); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestSignalIsHandedOn(t *testing.T) {
	t.Parallel()
	r := start(t, `trap 'echo got it; exit 9' TERM; echo ready now; sleep 60 >/dev/null & wait`, onlyPostgres(t))
	r.line(t, "ready")
	if err := r.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	r.line(t, "got")
	if code := r.exit(); code != 9 {
		t.Errorf("exit code %d, want that of the command", code)
	}
	r.expectNoProcess(t)
}

func TestKilledItLeavesNothing(t *testing.T) {
	t.Parallel()
	testserver.Program(t, "rabbitmq-server") // or skip
	r := start(t, `echo ready now; sleep 60 >/dev/null`, onlyPostgres(t)+":"+filepath.Dir(testserver.Program(t, "rabbitmq-server"))+
		":"+filepath.Dir(testserver.Program(t, "epmd")))
	r.line(t, "ready")
	if n := len(r.processes()); n < 8 {
		t.Errorf("%d processes, want those of both servers", n)
	}
	if err := r.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	r.expectNoProcess(t)
}

func TestDyingItTakesTheFrozenAlong(t *testing.T) {
	t.Parallel()
	r := start(t, inside+`=freeze RECIBO_TEST_SERVERS= $test; echo ended $?; sleep 60 >/dev/null`, onlyPostgres(t))
	r.line(t, "frozen")
	if got := r.line(t, "ended"); got != "137" {
		t.Errorf("the command ended with %s", got)
	}
	time.Sleep(time.Second)
	// Those of the shared server stay, and run.
	states, _ := exec.Command("sh", "-c", "cat "+strings.Join(r.processes(), "/stat ")+"/stat").Output()
	if strings.Contains(string(states), ") T ") || len(states) == 0 {
		t.Errorf("still frozen:\n%s", states)
	}
}
