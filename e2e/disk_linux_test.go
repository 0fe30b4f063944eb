package e2e_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// smallDisk mounts a file system of its own, of so many bytes.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("mounting a small disk needs root: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// fillUp leaves no room on the disk, and returns what makes room again.
func fillUp(t *testing.T, dir string) (free func()) {
	t.Helper()
	name := filepath.Join(dir, "filler")
	f, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for size := 1 << 20; size >= 512; {
		if _, err := f.Write(make([]byte, size)); err != nil {
			size /= 2
		}
	}
	return func() { os.Remove(name) }
}

// TestDiskFull: at the start, a full disk is one clear error with its hint; on
// the way it is an outage, which ends when there is room, and nothing is lost.
func TestDiskFull(t *testing.T) {
	p := newPlace(t)
	disk := smallDisk(t, 16<<20)
	store := "sqlite:" + filepath.Join(disk, "recibo.db")
	free := fillUp(t, disk)
	cmd := p.command("record", "--store", store, "--until-idle", "1s")
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != 2 {
		t.Errorf("record on a full disk: %v, want exit code 2", err)
	}
	said := cmd.Stderr.(*bytes.Buffer).String()
	if !strings.Contains(said, "the disk is full\nhint: make room") {
		t.Errorf("record on a full disk says %q, want the reason and the hint", said)
	}
	free()
	p.run(0, nil, "record", "--store", store, "--until-idle", "200ms")

	recorder := p.start("record", "--store", store, "--until-idle", "2s")
	time.Sleep(500 * time.Millisecond) // it has opened the database by then
	free = fillUp(t, disk)
	p.run(0, nil, "simulate", "--count", "3000", "--seed", "5", "--faults", "none")
	time.Sleep(2 * time.Second)
	free()
	if err := recorder.Wait(); err != nil {
		t.Fatalf("the recorder did not get over the full disk: %v", err)
	}
	var r reconciled
	p.run(0, &r, "reconcile", "--store", store, "--seed", "5", "--count", "3000", "--faults", "none", "--output", "json")
	if !r.Balanced || r.Recorded != 3000 {
		t.Errorf("reconcile says %+v, want balanced and 3,000 recorded", r)
	}
	var status struct{ Outages struct{ Open, Total int64 } }
	p.run(0, &status, "status", "--store", store, "--output", "json")
	if status.Outages.Open != 0 || status.Outages.Total != 1 {
		t.Errorf("outages %+v, want one, ended", status.Outages)
	}
}
