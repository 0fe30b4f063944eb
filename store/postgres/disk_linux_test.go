package postgres_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"recibo/internal/testserver"
	"recibo/store"
	"recibo/store/postgres"
)

// TestDiskFull is 53100: payments lie on a disk of a few megabytes.
func TestDiskFull(t *testing.T) {
	t.Parallel()
	server := testserver.NewPostgres(t)
	disk := smallDisk(t, server, 6<<20)
	s := migrated(t, server.URL("postgres", "postgres"), postgres.Options{})
	server.SQL(t, "postgres", "CREATE TABLESPACE small LOCATION '"+disk+"'")
	server.SQL(t, "postgres", "ALTER TABLE payments SET TABLESPACE small")
	for written := 0; ; written += 500 {
		var ps []store.Payment
		for i := range 500 {
			p := newPayment(fmt.Sprintf("%08d", written+i), 1)
			p.Position = strings.Repeat("x", 500)
			ps = append(ps, p)
		}
		err := s.Update(t.Context(), recording(ps...))
		if err != nil {
			wantClass(t, err, store.ClassOutage, "(SQLSTATE 53100)")
			break
		}
		if written > 100_000 {
			t.Fatal("the disk does not fill")
		}
	}
	server.SQL(t, "postgres", "ALTER TABLE payments SET TABLESPACE pg_default")
	if err := s.Update(t.Context(), recording(newPayment("z", 1))); err != nil {
		t.Errorf("with room again: %v", err)
	}
}

// smallDisk mounts a disk in memory that the server may write to.
func smallDisk(t *testing.T, server *testserver.PostgresServer, bytes int) string {
	t.Helper()
	root, err := os.MkdirTemp("/tmp", "recibo-disk-") // a folder that the server's user can reach
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(root) })
	if err := os.Chmod(root, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", root, "tmpfs", 0, fmt.Sprintf("size=%d,mode=755", bytes)); err != nil {
		t.Skipf("no small disk can be mounted: %v", err)
	}
	t.Cleanup(func() {
		server.Stop(t) // or it would keep the disk busy
		if err := syscall.Unmount(root, 0); err != nil {
			t.Errorf("unmount: %v", err)
		}
	})
	var owner syscall.Stat_t
	if err := syscall.Stat(dataFolder(t, server), &owner); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(root, "small")
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Chown(folder, int(owner.Uid), int(owner.Gid)); err != nil {
		t.Fatal(err)
	}
	return folder
}
