package testserver

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// Disk is a file system of its own, ext4 in a file, that can be filled up and
// can break.
type Disk struct {
	dir, image string
}

// NewDisk mounts a disk of so many bytes, at least 8 MiB, until the end of the
// test. The error says why this machine lets us mount nothing.
func NewDisk(t testing.TB, size int64) (*Disk, error) {
	t.Helper()
	base, err := newFolder("disk")
	if err != nil {
		return nil, err
	}
	d := &Disk{dir: filepath.Join(base, "mounted"), image: filepath.Join(base, "image")}
	if err := firstError(os.Mkdir(d.dir, 0o755), d.format(size), d.mount()); err != nil {
		return nil, errors.Join(err, os.RemoveAll(base))
	}
	t.Cleanup(func() {
		if keep() {
			t.Logf("a disk stays mounted on %s", d.dir)
			return
		}
		if err := firstError(d.unmount(), os.RemoveAll(base)); err != nil {
			t.Error(err)
		}
	})
	return d, nil
}

// Dir is where it is mounted.
func (d *Disk) Dir() string { return d.dir }

// Fill leaves no room.
func (d *Disk) Fill(t testing.TB) {
	t.Helper()
	f, err := os.Create(d.filler())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var stat syscall.Statfs_t
	if err := syscall.Statfs(d.dir, &stat); err != nil {
		t.Fatal(err)
	}
	// At once, before anybody else takes from what is left; the rest by halves.
	for size := int64(stat.Bavail) * stat.Bsize; size >= 512; {
		end, _ := f.Seek(0, 2)
		if syscall.Fallocate(int(f.Fd()), 0, end, size) != nil {
			size /= 2
		} else if _, err := f.Seek(0, 2); err != nil {
			t.Fatal(err)
		}
	}
}

// Free makes room again after Fill, for good: a disk that breaks forgets what was
// not synced.
func (d *Disk) Free(t testing.TB) {
	t.Helper()
	top, err := os.Open(d.dir)
	if err != nil {
		t.Fatal(err)
	}
	defer top.Close()
	if err := firstError(os.Remove(d.filler()), top.Sync()); err != nil {
		t.Fatal(err)
	}
}

func (d *Disk) filler() string { return filepath.Join(d.dir, "filler") }

// Break makes everything on the disk read-only at once, as the kernel does
// after an error of the device: also for those who have files open for writing.
// What was not synced is lost.
func (d *Disk) Break(t testing.TB) {
	t.Helper()
	if err := tool("mount", "-o", "remount,abort", d.dir); err != nil {
		t.Fatal(err)
	}
}

// Repair mounts a disk again after Break. Nobody may have a file open on it.
func (d *Disk) Repair(t testing.TB) {
	t.Helper()
	for _, step := range []func() error{d.unmount, d.check, d.mount} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
}

func (d *Disk) format(size int64) error {
	f, err := os.Create(d.image)
	if err != nil {
		return err
	}
	if err := firstError(f.Truncate(size), f.Close()); err != nil {
		return err
	}
	return tool("mkfs.ext4", "-q", "-m", "0", "-E", "lazy_itable_init=0", d.image)
}

func (d *Disk) mount() error {
	return tool("mount", "-o", "loop,noatime", "-t", "ext4", d.image, d.dir)
}

// check mends what Break left. The program says by 1 that it has mended something.
func (d *Disk) check() error {
	err := tool("e2fsck", "-fy", d.image)
	if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() == 1 {
		return nil
	}
	return err
}

// unmount waits a moment for those who are about to close their files.
func (d *Disk) unmount() error {
	var err error
	for range 100 {
		if err = syscall.Unmount(d.dir, 0); !errors.Is(err, syscall.EBUSY) {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
	_ = syscall.Unmount(d.dir, syscall.MNT_DETACH)
	return fmt.Errorf("unmount %s: %w", d.dir, err)
}

// unmountBelow lets go of the disks of a process that died.
func unmountBelow(dir string) {
	mounts, _ := os.ReadFile("/proc/self/mounts")
	for line := range strings.Lines(string(mounts)) {
		if fields := strings.Fields(line); len(fields) > 1 && strings.HasPrefix(fields[1], dir+"/") {
			_ = syscall.Unmount(fields[1], syscall.MNT_DETACH)
		}
	}
}

// tool runs a program of the system to its end.
func tool(name string, args ...string) error {
	cmd := exec.Command(name, args...)
	cmd.Env = environment(os.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w: %s", name, err, out)
	}
	return nil
}
