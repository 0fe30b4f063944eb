package testserver

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	folderPrefix = "recibo-test-"
	keepFile     = "keep" // in a folder that a person wants to look at
)

// home is the folder of this process. It is not in t.TempDir, which is closed
// to the account that PostgreSQL runs as.
var home = sync.OnceValues(func() (string, error) {
	sweep()
	dir, err := os.MkdirTemp("", folderPrefix)
	if err != nil {
		return "", err
	}
	if _, ok := claim(filepath.Base(dir)); !ok {
		return "", fmt.Errorf("%s belongs to another process", dir)
	}
	if keep() {
		err = os.WriteFile(filepath.Join(dir, keepFile), nil, 0o644)
	}
	return dir, firstError(err, os.Chmod(dir, 0o755))
})

// sweep removes the folders of processes that died before they could.
func sweep() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), folderPrefix+"*"))
	for _, dir := range old {
		// A young one may not be claimed yet.
		if info, err := os.Lstat(dir); err != nil || !info.IsDir() || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		if _, err := os.Lstat(filepath.Join(dir, keepFile)); err == nil {
			continue
		}
		if held, ok := claim(filepath.Base(dir)); ok {
			unmountBelow(dir)
			_ = os.RemoveAll(dir)
			_ = held.Close()
		}
	}
}

var folders atomic.Int64

// newFolder makes an empty folder for a server.
func newFolder(name string) (string, error) {
	base, err := home()
	if err != nil {
		return "", err
	}
	dir := filepath.Join(base, fmt.Sprintf("%s-%d", strings.ToLower(name), folders.Add(1)))
	return dir, os.MkdirAll(dir, 0o755)
}

// dataFolder makes the folder for a server's data: in its own, or below dataOn.
func dataFolder(own, dataOn string, as account) (string, error) {
	data := filepath.Join(own, "data")
	if dataOn != "" {
		dir, err := os.MkdirTemp(dataOn, "data-")
		if err != nil {
			return "", err
		}
		data = dir
		if as.credential != nil {
			open(dataOn)
		}
	}
	if err := os.MkdirAll(data, 0o700); err != nil {
		return "", err
	}
	return data, as.own(data)
}

// open lets other accounts walk through the folders from the temporary one to
// dir: those of t.TempDir are closed.
func open(dir string) {
	for top := filepath.Clean(os.TempDir()); strings.HasPrefix(dir, top+"/"); dir = filepath.Dir(dir) {
		if info, err := os.Stat(dir); err == nil {
			_ = os.Chmod(dir, info.Mode().Perm()|0o011)
		}
	}
}
