package testserver_test

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"recibo/internal/testserver"
)

// TestDisk: what is open meets a full disk and a broken one, and what was
// synced is there after the repair.
func TestDisk(t *testing.T) {
	d, err := testserver.NewDisk(t, 16<<20)
	if err != nil {
		t.Skipf("no disk can be mounted: %v", err)
	}
	name := filepath.Join(d.Dir(), "a")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	write := func() error {
		_, err := f.Write(make([]byte, 1<<20))
		return errors.Join(err, f.Sync())
	}
	if err := write(); err != nil {
		t.Fatal(err)
	}
	d.Fill(t)
	if err := write(); !errors.Is(err, syscall.ENOSPC) {
		t.Errorf("writing to a full disk: %v, want that there is no space", err)
	}
	d.Free(t)
	if err := write(); err != nil {
		t.Errorf("writing with room again: %v", err)
	}
	d.Break(t)
	if err := write(); !errors.Is(err, syscall.EROFS) {
		t.Errorf("writing to a broken disk: %v, want that it is read-only", err)
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	d.Repair(t)
	if info, err := os.Stat(name); err != nil || info.Size() < 2<<20 {
		t.Errorf("after the repair: %+v, %v; want what was synced", info, err)
	}
	if err := os.WriteFile(name, make([]byte, 1<<20), 0o600); err != nil {
		t.Errorf("after the repair it takes nothing: %v", err)
	}
	if left, err := os.ReadDir(d.Dir()); err != nil || len(left) != 2 { // and lost+found
		t.Errorf("after the repair it holds %v, %v", left, err)
	}
}
