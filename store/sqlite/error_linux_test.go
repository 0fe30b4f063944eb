package sqlite_test

import (
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"recibo/store"
	"recibo/store/sqlite"
)

// limitedChild is set in a process that may set limits which hold for all of it.
const limitedChild = "RECIBO_SQLITE_TEST_LIMITED"

// TestWriteErrorInCommit lets the disk fail just when the commit is written,
// by way of the greatest size of a file. That limit is the whole process's and
// would hit what go test itself writes, so the test has a process of its own.
func TestWriteErrorInCommit(t *testing.T) {
	if os.Getenv(limitedChild) != "" {
		failInCommit(t)
		return
	}
	child := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestWriteErrorInCommit$", "-test.v")
	child.Env = append(os.Environ(), limitedChild+"=1")
	said, err := child.CombinedOutput()
	if err != nil || !strings.Contains(string(said), "--- PASS: TestWriteErrorInCommit") {
		t.Errorf("the process with the limit: %v\n%s", err, said)
	}
}

func failInCommit(t *testing.T) {
	file := filepath.Join(t.TempDir(), "recibo.db")
	s := open(t, file, sqlite.Options{})
	if err := s.Update(t.Context(), recording(newPayment("a", 1))); err != nil {
		t.Fatal(err)
	}
	log, err := os.Stat(file + "-wal")
	if err != nil {
		t.Fatal(err)
	}
	signal.Ignore(syscall.SIGXFSZ)
	defer signal.Reset(syscall.SIGXFSZ)
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	bounded := syscall.Rlimit{Cur: uint64(log.Size()), Max: limit.Max}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &bounded); err != nil {
		t.Fatal(err)
	}
	err = s.Update(t.Context(), recording(newPayment("b", 2)))
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	wantClass(t, err, store.ClassUnknownCommit, "commit")
	wantPayments(t, s, 1)
	if err := s.Update(t.Context(), recording(newPayment("b", 2))); err != nil {
		t.Errorf("after the disk came back: %v", err)
	}
	wantPayments(t, s, 2)
}
