package jetstream

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// probeBytes is how much must fit on the disk for a start to be worth trying.
const probeBytes = 1 << 20

// hostFile says where the host listens. Only its owner may read it: who has
// the token may publish payments.
type hostFile struct {
	Address string `json:"address"`
	Token   string `json:"token"`
	PID     int    `json:"pid"`
}

func hostPath(dir string) string { return filepath.Join(dir, "host.json") }

func lockPath(dir string) string { return filepath.Join(dir, "lock") }

// writeHost replaces the file as a whole: a reader sees the old or the new one.
func writeHost(dir string, h hostFile) error {
	text, err := json.Marshal(h)
	if err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, "host-*.tmp") // mode 0600
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(text)
	if err = errors.Join(err, f.Close()); err != nil {
		return err
	}
	return os.Rename(f.Name(), hostPath(dir))
}

func readHost(dir string) (hostFile, error) {
	var h hostFile
	text, err := os.ReadFile(hostPath(dir))
	if err != nil {
		return h, err
	}
	if err := json.Unmarshal(text, &h); err != nil {
		return h, fmt.Errorf("%s: %w", hostPath(dir), err)
	}
	return h, nil
}

// probe says before the server starts what it would say less clearly.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, "probe-*.tmp")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	_, err = f.Write(make([]byte, probeBytes))
	if err == nil {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// unusable returns the next step, with a %s for the folder, if err says that
// the folder cannot be used whatever one waits for.
func unusable(err error) string {
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "make room on the disk of %s"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return "make %s writable for this user, or name another folder"
	case errors.Is(err, syscall.ENOTDIR), errors.Is(err, fs.ErrExist):
		return "%s is no folder: name another one"
	case notMade(err), errors.Is(err, syscall.ENAMETOOLONG):
		return "%s cannot be made there: name another folder"
	}
	return ""
}

// notMade tells a folder that the system will not make from a file that is not
// there yet: the host writes its own in a moment.
func notMade(err error) bool {
	path, ok := errors.AsType[*fs.PathError](err)
	return ok && path.Op == "mkdir" && errors.Is(err, fs.ErrNotExist)
}

func newToken() string { return rand.Text() }
