package sqlite_test

import (
	"os"
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"recibo/store"
	"recibo/store/sqlite"
)

// TestWriteErrorInCommit lets the disk fail just when the commit is written,
// by way of the greatest size of a file.
func TestWriteErrorInCommit(t *testing.T) {
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
