package mysql_test

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/mysql"
)

// TestDiskFull has the server's data on a disk of some megabytes.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	disk := t.TempDir()
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=100m,mode=755"); err != nil {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	t.Run("", func(t *testing.T) { // the server ends before the disk goes
		server := testserver.NewMariaDB(t, testserver.DataOn(disk), testserver.Setting("innodb_log_file_size", "8M"))
		s := migrated(t, server.URL("root", server.Database(t)), mysql.Options{})
		filler := disk + "/filler"
		for written := 0; ; written += 2000 {
			if written == 4000 { // leave a megabyte
				fill(t, disk, filler, 1<<20)
			}
			var ps []store.Payment
			for i := range 2000 {
				p := newPayment(fmt.Sprintf("%08d", written+i), 1)
				p.Position = strings.Repeat("x", 500)
				ps = append(ps, p)
			}
			err := s.Update(t.Context(), recording(ps...))
			if err != nil {
				wantClass(t, err, store.ClassOutage, "record 2000 payments: The table 'payments' is full (error 1114)")
				break
			}
			if written > 200_000 {
				t.Fatal("the disk does not fill")
			}
		}
		if err := os.Remove(filler); err != nil {
			t.Fatal(err)
		}
		if err := s.Update(t.Context(), recording(newPayment("z", 1))); err != nil {
			t.Errorf("with room again: %v", err)
		}
	})
}

// fill writes a file that leaves so many bytes of a disk.
func fill(t *testing.T, disk, file string, leave int64) {
	t.Helper()
	var room syscall.Statfs_t
	if err := syscall.Statfs(disk, &room); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, make([]byte, int64(room.Bavail)*room.Bsize-leave), 0o600); err != nil {
		t.Fatal(err)
	}
}
